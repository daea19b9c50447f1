import Analytics
import Foundation
import Servers
import Synchronization
import Testing

@Suite("The recorder")
struct RecorderTests {
    @Test("every count of a loop reaches the database once, by endpoint, policy, outcome and client")
    func counts() throws {
        let server = try PostgresServer()
        let recording = try Recording(server.location, loops: 2)
        recording.recorder.start()
        recording.count(7)
        recording.count(5, client: "b", series: 1, .blocked, loop: 1, userAgent: "<script>\"\u{1F600}\0")
        recording.count(3, .shadowBlocked)
        recording.count(2, .failed, passed: true)
        recording.count(1, .failed, passed: false)
        recording.count(4, client: "c", series: 2, .blocked)
        recording.recorder.stop()

        #expect(try server.requests() == 22)
        #expect(
            try server.query(
                """
                select endpoint, policy, algorithm, outcome, requests, passed, limit_sum, remaining_sum, latency[6], latency_sum
                from limiter.decisions_1h d join limiter.series s on s.id = d.series order by 1, 4
                """) == """
                    *|banned|list|blocked|4|0|40|16|4|100
                    /api/data|data|sliding_window|allowed|7|7|70|28|7|175
                    /api/data|data|sliding_window|shadow_blocked|3|3|30|12|3|75
                    /api/data|data|sliding_window|failed|3|2|0|0|3|75
                    /api/search "q"|search|token_bucket|blocked|5|0|50|20|5|125
                    """)
        #expect(
            try server.query("select client, allowed, blocked, failed from limiter.clients_1d order by 1, 2") == """
                api_key=a|10|0|3
                api_key=b|0|5|0
                api_key=c|0|4|0
                """)
        #expect(
            try server.query(
                """
                select count(*), client, address, retry_after, user_agent, method, host, path, status
                from limiter.events group by 2, 3, 4, 5, 6, 7, 8, 9 order by 2
                """
            ) == """
                5|api_key=b|203.0.113.9|2500000|<script>"\u{1F600}|GET|example.org|/api/data|429
                4|api_key=c|203.0.113.9|2500000|curl|GET|example.org|/api/data|429
                """)
        #expect(
            try server.query(
                "select mode, version, store, store_state, loops, connections, clients from limiter.processes")
                == "ended|test|embedded|up|2|3|plain")
        #expect(recording.problems == [])
        // Nothing waits, so no file is left.
        #expect(try FileManager.default.contentsOfDirectory(atPath: recording.spool) == [])
    }

    @Test("a batch whose answer is lost counts once")
    func lostAnswer() throws {
        let server = try PostgresServer()
        let relay = try LossyRelay(server)
        defer { relay.close() }
        let recording = try Recording("host=\(relay.host) port=5432 user=limiter dbname=site")
        recording.recorder.start()
        #expect(waitUntil { server.numberIfThere("select count(*) from limiter.processes") == 1 })
        relay.lose(3)
        var sent = 0
        #expect(
            waitUntil {
                recording.count(1)
                sent += 1
                return relay.lost.load(ordering: .acquiring) == 3
            })
        recording.count(10)
        #expect(try waitUntil { try server.requests() == sent + 10 })
        recording.recorder.stop()
        #expect(try server.requests() == sent + 10)
        #expect(recording.problems.count >= 1)
        #expect(recording.recoveries.count >= 1)
    }

    @Test("connections that are cut at any moment and a killed server change no count")
    func cut() throws {
        let server = try PostgresServer()
        let recording = try Recording(server.location)
        recording.recorder.start()
        #expect(waitUntil { server.numberIfThere("select count(*) from limiter.processes") == 1 })
        var sent = 0
        for round in 0..<3 {
            // In the middle of the transaction: this connection holds the row that it needs.
            let batches = try server.number("select sequence from limiter.processes")
            let holder = try PostgresConnection(PostgresLocation(server.location))
            try holder.run("begin; select from limiter.processes for update")
            recording.count(round + 1)
            sent += round + 1
            #expect(
                try waitUntil {
                    try server.number("select count(*) from pg_stat_activity where query like 'select limiter.write%'")
                        > 0
                })
            if round < 2 {
                try server.query(
                    "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select limiter.write%'")
            } else {
                server.kill9()
                try server.start()
            }
            if round < 2 { try holder.run("commit") }
            #expect(waitUntil { server.numberIfThere("select sequence from limiter.processes") > batches })
        }
        recording.recorder.stop()
        #expect(try server.requests() == sent)
    }

    @Test("while PostgreSQL is down counts wait in the spool, and are written afterwards; both are logged once")
    func unavailable() throws {
        let server = try PostgresServer()
        server.stop()
        let recording = try Recording(server.location)
        recording.recorder.start()
        for count in 1...3 {
            recording.count(count)
            #expect(waitUntil { recording.recorder.backlog >= count })
        }
        // Units alone make a batch.
        var units = UnitCounts()
        (units.charged, units.refunded, units.corrected) = (5, 3, 40)
        recording.ledger.count(["login": units])
        #expect(waitUntil { recording.recorder.backlog >= 4 })
        #expect(recording.recorder.failure?.kind == .unreachable)
        #expect(recording.recorder.spooledBytes > 0)
        #expect(recording.recorder.lastHour() == nil)
        try server.start()
        #expect(waitUntil { recording.recorder.backlog == 0 })
        #expect(try server.requests() == 6)
        #expect(try server.query("select policy, charged, refunded, corrected from limiter.units_1h") == "login|5|3|40")
        #expect(waitUntil { recording.recorder.lastHour()?.sum.total == 6 })
        recording.recorder.stop()
        #expect(recording.problems.count == 1)
        #expect(
            recording.problems.first?.contains("counts wait in \(recording.spool) until PostgreSQL accepts them")
                == true)
        #expect(recording.recoveries == ["PostgreSQL accepts counts again"])
    }

    @Test("a server that does not answer delays neither the stop nor the counts")
    func frozen() throws {
        let server = try PostgresServer()
        let recording = try Recording(server.location)
        recording.recorder.start()
        #expect(waitUntil { server.numberIfThere("select count(*) from limiter.processes") == 1 })
        server.freeze(true)
        recording.count(9)
        #expect(waitUntil { recording.recorder.backlog > 0 })
        recording.count(1)
        recording.recorder.stop(within: 100_000)
        server.freeze(false)
        // This process still locks its file; another process would adopt it.
        #expect(try FileManager.default.contentsOfDirectory(atPath: recording.spool).count == 1)
        #expect(try waitUntil { try server.requests() == 10 || recording.recorder.backlog == 0 })
    }

    @Test("without a spool counts stay in memory, and are written when PostgreSQL is up")
    func noSpool() throws {
        let server = try PostgresServer()
        server.stop()
        let recording = try Recording(server.location, spool: "/proc/no/such/folder")
        recording.recorder.start()
        var sent = 0
        for _ in 0..<3 {
            recording.count(5)
            sent += 5
            #expect(waitUntil { recording.recorder.backlog == 1 })
        }
        try server.start()
        #expect(waitUntil { server.numberIfThere("select sum(requests) from limiter.decisions_10s") == sent })
        recording.count(4)
        recording.recorder.stop()
        #expect(try server.requests() == sent + 4)
        let spoolProblems = recording.problems.filter { $0.contains("/proc/no/such/folder:") }
        #expect(
            spoolProblems == [
                "/proc/no/such/folder: No such file or directory; counts stay in memory, and are lost if the process is killed"
            ])
    }

    @Test("several recorders that write the same rows at once lose and repeat no count")
    func several() throws {
        let server = try PostgresServer()
        let spool = try TemporaryFolder()
        let recordings = try (0..<6).map { _ in try Recording(server.location, spool: spool.path("spool")) }
        for recording in recordings { recording.recorder.start() }
        var sent = 0
        let end = Date(timeIntervalSinceNow: 3)
        while Date() < end {
            for (index, recording) in recordings.enumerated() {
                for client in 0..<20 {
                    recording.count(1, client: "\((client * 7 + index) % 40)", client % 2 == 0 ? .allowed : .blocked)
                }
                sent += 20
            }
            usleep(20_000)
        }
        for recording in recordings { recording.recorder.stop(within: 10_000_000) }
        #expect(try server.requests() == sent)
        #expect(try server.number("select count(*) from limiter.processes") == 6)
        #expect(recordings.flatMap(\.problems) == [])
    }

    @Test("maintenance and writers run side by side without deadlocks")
    func lookedAfter() throws {
        let server = try PostgresServer()
        let recordings = try (0..<3).map { _ in try Recording(server.location) }
        for recording in recordings { recording.recorder.start() }
        #expect(waitUntil { server.numberIfThere("select count(*) from limiter.processes") == 3 })
        var sent = 0
        for round in 0..<6 {
            for (index, recording) in recordings.enumerated() {
                // More clients than an interval keeps, and different ones each time.
                for client in 0..<250 { recording.count(1, client: "\((client * 11 + index * 7 + round * 13) % 700)") }
                sent += 250
            }
            try server.query("update limiter.maintenance set at = 'epoch'")
            try server.query("select limiter.maintain(7, 14, 190)")
        }
        #expect(try waitUntil { try server.requests() == sent })
        for recording in recordings { recording.recorder.stop() }
        #expect(try server.requests() == sent)
        #expect(recordings.flatMap(\.problems) == [])
        #expect(try server.number("select count(*) from limiter.clients_1d where client = 'other'") > 0)
    }

    @Test("a recorder that has nothing to write closes its connection")
    func idle() throws {
        let server = try PostgresServer()
        let recording = try Recording(server.location)
        recording.recorder.start()
        let connections = "select count(*) from pg_stat_activity where application_name = 'fcgi-limiter'"
        #expect(waitUntil { server.numberIfThere(connections) == 1 })
        #expect(waitUntil { server.numberIfThere(connections) == 0 })
        recording.count(3)
        #expect(try waitUntil { try server.requests() == 3 })
        recording.recorder.stop()
    }

    @Test("equal secrets give equal hashes of clients, and neither names nor addresses are written")
    func hashed() throws {
        let server = try PostgresServer()
        for secret in ["one", "one", "two"] {
            let recording = try Recording(server.location, names: .hashed(secret: secret))
            recording.recorder.start()
            recording.count(1, client: "alice", .blocked)
            recording.recorder.stop()
        }
        let clients = try server.query("select client, blocked from limiter.clients_1d order by blocked desc")
        // HMAC-SHA256 of "api_key=alice" with the keys "one" and "two".
        #expect(clients == "hashed=6cfbdb6696d27810f5cd9e2b77c911b4|2\nhashed=a643d59f16a1507736d2617745d0141d|1")
        #expect(
            try server.number("select count(*) from limiter.events where client like 'hashed=%' and address is null")
                == 3)
        #expect(try server.number("select count(*) from limiter.processes where clients = 'hashed'") == 3)
    }

    @Test("a role that may only call the functions can record, maintain and read the last hour, and nothing else")
    func writerRole() throws {
        let server = try PostgresServer()
        let owner = try PostgresConnection(PostgresLocation(server.location))
        try Migrations.apply(to: owner)
        // A schema that precedes PostgreSQL's own in the role's search path, with a function that fits a call better.
        try server.query(
            """
            create role writer login;
            grant usage on schema limiter to writer;
            create schema trap authorization writer;
            create function trap.to_timestamp(bigint) returns timestamptz language plpgsql as
                $$ begin raise exception 'trapped as %', current_user; end $$;
            grant execute on all functions in schema trap to public;
            alter role writer set search_path = trap, pg_catalog
            """)
        let location = server.location.replacing("user=limiter", with: "user=writer")
        let writer = try PostgresConnection(PostgresLocation(location))
        for statement in ["select limiter.write('[]', 0)", "select limiter.maintain(7, 14, 190)"] {
            let error = #expect(throws: PostgresError.self) { try writer.run(statement) }
            #expect(error?.sqlState == "42501")
        }
        try server.query(
            """
            grant execute on function limiter.write(jsonb, bigint), limiter.maintain(integer, integer, integer),
                limiter.last_hour() to writer
            """)

        let recording = try Recording(location)
        recording.recorder.start()
        recording.count(7)
        recording.count(5, client: "b", series: 1, .blocked)
        #expect(waitUntil { recording.recorder.lastHour()?.sum.total == 12 })
        #expect(waitUntil { server.numberIfThere("select count(*) from limiter.maintenance where at > 'epoch'") == 1 })
        recording.recorder.stop()
        #expect(try server.requests() == 12)
        #expect(recording.problems == [])
        for statement in [
            "select from limiter.events", "delete from limiter.decisions_10s", "create table limiter.t ()",
            "select limiter.trim_clients('clients_10s', now(), 0)", "select limiter.ensure_day('2000-01-01')",
        ] {
            let error = #expect(throws: PostgresError.self) { try writer.run(statement) }
            #expect(error?.sqlState == "42501", "\(statement)")
        }
    }

    @Test("a database that rejects every batch is reported once per interval")
    func rejected() throws {
        let server = try PostgresServer()
        let owner = try PostgresConnection(PostgresLocation(server.location))
        try Migrations.apply(to: owner)
        try owner.run("select limiter.ensure_day((now() at time zone 'UTC')::date)")
        try owner.run(
            """
            do $$ declare child text; begin
                for child in select inhrelid::regclass from pg_inherits where inhparent = 'limiter.events'::regclass loop
                    execute format('alter table %s add constraint none check (false)', child);
                end loop;
            end $$
            """)
        let recording = try Recording(server.location)
        recording.recorder.start()
        for _ in 0..<3 {
            recording.count(1, .blocked)
            #expect(waitUntil { recording.recorder.backlog > 0 })
            #expect(waitUntil { recording.recorder.backlog == 0 })
        }
        recording.recorder.stop()
        #expect(recording.problems.count == 1)
        #expect(
            recording.problems.first?.hasSuffix("the counts of one batch, usually one second, are lost") == true)
    }

    @Test("a wrong password is one line, without the password")
    func password() throws {
        let server = try PostgresServer(.socketAndPort)
        let recording = try Recording("postgresql://limiter:mistaken@127.0.0.1:\(server.port)/site")
        recording.recorder.start()
        #expect(waitUntil { !recording.problems.isEmpty })
        recording.recorder.stop(within: 0)
        let line = try #require(recording.problems.first)
        #expect(line.contains("password authentication failed for user \"limiter\""))
        #expect(!line.contains("mistaken"))
        #expect(!line.contains("\n"))
        let right = try Recording("postgresql://limiter:secret@127.0.0.1:\(server.port)/site")
        right.recorder.start()
        right.count(1)
        right.recorder.stop()
        #expect(try server.requests() == 1)
    }
}
