import Analytics
import Foundation
import Servers
import Testing

@Suite("Maintenance of the tables")
struct MaintenanceTests {
    private static func server() throws -> (PostgresServer, PostgresConnection) {
        let server = try PostgresServer()
        let connection = try PostgresConnection(PostgresLocation(server.location))
        try Migrations.apply(to: connection)
        return (server, connection)
    }

    private static func maintain(_ connection: PostgresConnection, fine: Int = 7, events: Int = 14, rollups: Int = 190)
        throws -> Bool?
    {
        try connection.query(
            "select limiter.maintain($1, $2, $3)", [.init(fine), .init(events), .init(rollups)]
        ).truth(0, 0)
    }

    /// Writes requests of `daysAgo` days ago; each client has one more than the client before.
    private static func write(_ connection: PostgresConnection, daysAgo: Int, clients: Int, sequence: Int) throws {
        let now = Int(Date().timeIntervalSince1970)
        let at = now - daysAgo * 86_400 - now % 10
        let rows = (0..<clients).map { "[\(at), \"api_key=\($0)\", 0, \($0 / 2), \(($0 + 1) / 2), 1]" }
        let requests = (0..<clients).reduce(0) { $0 + $1 / 2 + ($1 + 1) / 2 + 1 }
        let latency = Array(repeating: "0", count: LatencyHistogram.bucketCount).joined(separator: ",")
        let batch = """
            [{"recorder": "00000000-0000-4000-8000-000000000001", "sequence": \(sequence), "taken": \(at)000000,
             "process": {"host": "h", "pid": 7, "mode": "serve", "version": "0", "started_seconds": 1, "store": "redis",
                "store_state": "up", "loops": 1, "connections": 2, "clients": "plain", "backlog": 0, "spooled": 0,
                "events_dropped": 0, "store_errors": 0},
             "series": [["/", "p", "token_bucket"]],
             "decisions": [[\(at), 0, "allowed", \(requests), \(requests), 0, 0, [\(latency)]]],
             "clients": [\(rows.joined(separator: ","))],
             "events": [[\(at)000000, "api_key=1", null, 0, 1, null]]}]
            """
        try connection.query("select limiter.write($1, $2)", [.init(batch), .init(now * 1_000_000)])
    }

    @Test("the database and the program have the same buckets")
    func bounds() throws {
        let (server, _) = try Self.server()
        #expect(
            try server.query("select limiter.latency_bounds()")
                == "{\(LatencyHistogram.bounds.map { String($0) }.joined(separator: ","))}")
    }

    @Test("partitions of coming days exist, old ones are dropped by kind, and hours keep their counts")
    func retention() throws {
        let (server, connection) = try Self.server()
        for (sequence, days) in [0, 2, 4, 6].enumerated() {
            try Self.write(connection, daysAgo: days, clients: 3, sequence: sequence + 1)
        }
        #expect(try Self.maintain(connection, fine: 3, events: 1, rollups: 5) == true)
        let days = { (table: String) in
            try server.query(
                """
                select string_agg(((now() at time zone 'UTC')::date - to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD'))
                    ::text, ' ' order by inhrelid::regclass::text)
                from pg_inherits where inhparent = 'limiter.\(table)'::regclass
                """)
        }
        for table in ["decisions_10s", "clients_10s", "units_10s"] { #expect(try days(table) == "2 0 -1 -2") }
        for table in ["decisions_1h", "clients_1h", "clients_1d", "units_1h"] {
            #expect(try days(table) == "4 2 0 -1 -2")
        }
        #expect(try days("events") == "0 -1 -2")
        #expect(try server.number("select sum(requests) from limiter.decisions_10s") == 12)
        #expect(try server.number("select sum(requests) from limiter.decisions_1h") == 18)
    }

    @Test("maintenance runs once per minute, whoever asks for it")
    func once() async throws {
        let (server, connection) = try Self.server()
        let location = try PostgresLocation(server.location)
        let done = try await withThrowingTaskGroup(of: Bool?.self) { group in
            for _ in 0..<8 { group.addTask { try Self.maintain(PostgresConnection(location)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(done.count { $0 == true } == 1)
        #expect(done.count { $0 == false } == 7)
        // Times are set, because a busy machine may take longer than the interval to come here.
        for (offset, runs) in [("-50 s", false), ("+50 s", false), ("-1 min", true), ("+1 min", true)] {
            try server.query("update limiter.maintenance set at = now() + interval '\(offset)'")
            #expect(try Self.maintain(connection) == runs, "\(offset)")
        }
    }

    @Test("the heaviest clients of each interval keep their names, and sums do not change, for late rows too")
    func trim() throws {
        let (server, connection) = try Self.server()
        try Self.write(connection, daysAgo: 0, clients: 1_500, sequence: 1)
        try Self.write(connection, daysAgo: 1, clients: 700, sequence: 2)
        let sums = { (table: String) in
            try server.query(
                "select at, sum(allowed), sum(blocked), sum(failed) from limiter.\(table) group by 1 order by 1")
        }
        let tables = ["clients_10s", "clients_1h", "clients_1d"]
        let before = try tables.map(sums)
        #expect(try Self.maintain(connection) == true)
        #expect(try tables.map(sums) == before)
        for (table, most) in zip(tables, [100, 500, 500]) {
            let named = try server.query(
                "select count(*), min(substr(client, 9)::integer) from limiter.\(table) where client <> 'other' group by at order by at"
            ).split(separator: "\n")
            // Here the clients with the most blocked and with the most requests are the same, except for ties at the end.
            #expect(named.count == 2)
            for (line, all) in zip(named, [700, 1_500]) {
                let numbers = line.split(separator: "|").compactMap { Int($0) }
                try #require(numbers.count == 2)
                #expect((most...most + 1).contains(numbers[0]))
                #expect(numbers[1] >= all - most - 1)
            }
        }
        #expect(
            try server.number(
                "select count(*) from limiter.clients_1d where client = 'other' and last_seen >= first_seen")
                == 2)
        // A second run changes nothing.
        try server.query("update limiter.maintenance set at = now() - interval '1 minute'")
        let after = try tables.map { try server.query("select * from limiter.\($0) order by 1, 2, 3") }
        #expect(try Self.maintain(connection) == true)
        #expect(try tables.map { try server.query("select * from limiter.\($0) order by 1, 2, 3") } == after)
    }
}
