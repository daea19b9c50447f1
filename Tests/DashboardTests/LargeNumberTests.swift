import Servers
import Testing

@Suite("Numbers at their bounds")
struct LargeNumberTests {
    @Test("sums beyond 64 bits are shown as the largest number, on every page and in every file")
    func sums() throws {
        let postgres = try PostgresServer.withSchema()
        var traffic = Traffic()
        for kind in [Traffic.Kind.data, .search, .upload] {
            traffic.add("api_key=ann", kind, allowed: 1, blocked: 1, shadowBlocked: 1, failed: 1, at: now() - 60)
            traffic.add("api_key=ann", kind, allowed: 1, blocked: 1, shadowBlocked: 1, failed: 1, at: now() - 30)
            traffic.add("api_key=bob", kind, allowed: 1, blocked: 1, shadowBlocked: 1, failed: 1, at: now() - 5_400)
        }
        try traffic.write(to: postgres)
        try Traffic().write(to: postgres, host: "web-2")
        // A row may hold any number of its type, and their sums exceed it.
        let largest = Int64.max
        for table in ["decisions_10s", "decisions_1h"] {
            try postgres.query(
                """
                update limiter.\(table) set requests = \(largest), limit_sum = \(largest), remaining_sum = \(largest),
                    latency = array_fill(\(largest), array[22])
                """)
        }
        for table in ["clients_10s", "clients_1h", "clients_1d"] {
            try postgres.query(
                "update limiter.\(table) set allowed = \(largest), blocked = \(largest), failed = \(largest)")
        }
        try postgres.query("update limiter.events set retry_after = \(largest)")
        try postgres.query(
            """
            update limiter.processes set backlog = \(largest), spooled = \(largest), events_dropped = \(largest),
                store_errors = \(largest), started = '294276-12-31'
            """)
        let client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        for query in ["", "range=24h", "range=90d", "client=api_key=ann", "client=api_key=ann&range=90d"] {
            for page in ["", "clients", "client", "events", "health"] where page != "client" || query.contains("client")
            {
                #expect(try client.get("/limits/\(page)?\(query)").status == 200, "\(page)?\(query)")
            }
            for table in ["totals", "timeline", "strategies", "endpoints", "clients", "hours", "events", "processes"] {
                for format in ["csv", "json"] {
                    #expect(try client.get("/limits/\(table).\(format)?\(query)").status == 200, "\(table)?\(query)")
                }
            }
        }
        #expect(try client.get("/limits/totals.csv").text.contains("now,\(largest),\(largest),\(largest),\(largest)"))
    }
}
