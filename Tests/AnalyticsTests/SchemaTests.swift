import Analytics
import Servers
import Testing

@Suite("The schema's functions")
struct SchemaTests {
    static let batch = """
        {"recorder": "00000000-0000-4000-8000-000000000001", "sequence": 1, "taken": 1700000011000000,
         "process": {"host": "h", "pid": 7, "mode": "serve", "version": "0", "started_seconds": 1, "store": "redis",
            "store_state": "up", "loops": 1, "connections": 2, "clients": "plain", "backlog": 0, "spooled": 0,
            "events_dropped": 0, "store_errors": 0},
         "series": [["/api/data", "data", "sliding_window"], ["*", "banned", "list"]],
         "decisions": [
            [1700000000, 0, "allowed", 3, 3, 30, 24, [0,0,3,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]],
            [1700000010, 0, "allowed", 1, 1, 10, 5, [0,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]],
            [1700000010, 1, "blocked", 2, 0, 0, 0, [0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]]],
         "clients": [[1700000000, "address=1", 0, 3, 0, 0], [1700000010, "other", 0, 1, 0, 0],
            [1700000010, "address=1", 1, 0, 2, 0]],
         "units": [[1700000000, "login", 3, 1, 0], [1700000010, "login", 2, 2, 5]],
         "events": [[1700000010500000, "address=1", "203.0.113.9", 1, null, "<b>\\"é\\""]]}
        """

    @Test("a repeated batch counts once, alone and together with new ones")
    func once() throws {
        let server = try PostgresServer()
        let connection = try PostgresConnection(PostgresLocation(server.location))
        try Migrations.apply(to: connection)
        let next = Self.batch.replacing("\"sequence\": 1", with: "\"sequence\": 2")
        func write(_ batches: String...) throws -> Int64? {
            try connection.query(
                "select limiter.write($1, 1700000012000000)", [.init("[\(batches.joined(separator: ","))]")]
            ).integer(
                0, 0)
        }
        #expect(try write(Self.batch) == 1)
        #expect(try write(Self.batch) == 1)
        #expect(try write(Self.batch, next) == 2)
        #expect(try write(Self.batch, next) == 2)

        for table in ["decisions_10s", "decisions_1h"] {
            #expect(try server.number("select sum(requests) from limiter.\(table)") == 12)
            #expect(try server.number("select sum(passed) from limiter.\(table)") == 8)
            #expect(try server.number("select sum(latency[3]) from limiter.\(table)") == 6)
        }
        for table in ["clients_10s", "clients_1h", "clients_1d"] {
            #expect(try server.query("select sum(allowed), sum(blocked), sum(failed) from limiter.\(table)") == "8|4|0")
        }
        for table in ["units_10s", "units_1h"] {
            #expect(
                try server.query("select sum(charged), sum(refunded), sum(corrected) from limiter.\(table)")
                    == "10|6|10")
        }
        #expect(try server.number("select count(*) from limiter.units_10s") == 2)
        #expect(try server.number("select count(*) from limiter.units_1h") == 1)
        #expect(try server.number("select count(*) from limiter.decisions_10s") == 3)
        #expect(try server.number("select count(*) from limiter.decisions_1h") == 2)
        #expect(try server.number("select max(id) from limiter.series") == 2)
        #expect(
            try server.query("select distinct client, address, user_agent, retry_after from limiter.events")
                == "address=1|203.0.113.9|<b>\"é\"|")
        #expect(try server.query("select host, pid, sequence, store from limiter.processes") == "h|7|2|redis")
        #expect(
            try server.number("select count(*) from limiter.processes where seen < now() - interval '1 second'") == 1)
    }

    @Test("sums stop at the bounds of their type, in batches and in existing rows")
    func saturation() throws {
        let server = try PostgresServer()
        let connection = try PostgresConnection(PostgresLocation(server.location))
        try Migrations.apply(to: connection)
        let most = Int64.max
        let huge = Self.batch
            .replacing(
                "\"allowed\", 3, 3, 30, 24, [0,0,3,", with: "\"allowed\", \(most), 3, \(most), 24, [0,0,\(most),"
            )
            .replacing("\"login\", 3, 1, 0", with: "\"login\", \(most), \(most), \(most)")
            .replacing("\"address=1\", 0, 3, 0, 0", with: "\"address=1\", 0, \(most), \(most), 0")
        for sequence in 1...2 {
            let batch = huge.replacing("\"sequence\": 1", with: "\"sequence\": \(sequence)")
            let written = try connection.query("select limiter.write($1, 1700000012000000)", [.init("[\(batch)]")])
            #expect(written.integer(0, 0) == Int64(sequence))
        }
        let first = "order by at, series desc limit 1"
        for table in ["decisions_10s", "decisions_1h"] {
            #expect(
                try server.query("select requests, limit_sum, latency[3] from limiter.\(table) \(first)")
                    == "\(most)|\(most)|\(most)")
        }
        for table in ["clients_10s", "clients_1h", "clients_1d"] {
            #expect(
                try server.query("select allowed, blocked from limiter.\(table) where client = 'address=1' \(first)")
                    == "\(most)|\(most)")
        }
        for table in ["units_10s", "units_1h"] {
            #expect(
                try server.query("select charged, refunded, corrected from limiter.\(table) order by at limit 1")
                    == "\(most)|\(most)|\(most)")
        }
        // Maintenance merges light clients into one row.
        try server.query(
            """
            select limiter.ensure_day((now() at time zone 'UTC')::date);
            insert into limiter.clients_1d select date_trunc('day', now(), 'UTC'), 'address=' || i, 1, \(most),
                \(most), 0, now(), now() from generate_series(1, 700) i
            """)
        #expect(try connection.query("select limiter.maintain(7000, 7000, 7000)").truth(0, 0) == true)
        #expect(
            try server.query(
                "select allowed, blocked from limiter.clients_1d where client = 'other' order by at desc limit 1")
                == "\(most)|\(most)")
    }
}
