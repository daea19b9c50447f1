import Servers
import Testing

@Suite("Numbers at their bounds")
struct LargeNumberTests {
    @Test(
        "any numbers in the database are shown, and sums beyond 64 bits as the largest number, on every page and in every file",
        arguments: [(Int64.max, Int64.max), (.min, .min), (1 - .max, .max), (.min, .max)])
    func sums(others: Int64, blocked: Int64) throws {
        let postgres = try PostgresServer.withSchema()
        var traffic = Traffic()
        for kind in [Traffic.Kind.data, .search, .upload, .banned] {
            traffic.addValue("path", "/api", kind, allowed: 1, blocked: 1, failed: 1, at: now() - 60)
            traffic.add("api_key=ann", kind, allowed: 1, blocked: 1, shadowBlocked: 1, failed: 1, at: now() - 60)
            traffic.add("api_key=ann", kind, allowed: 1, blocked: 1, shadowBlocked: 1, failed: 1, at: now() - 30)
            traffic.add("api_key=bob", kind, allowed: 1, blocked: 1, shadowBlocked: 1, failed: 1, at: now() - 5_400)
        }
        try traffic.write(to: postgres)
        try Traffic().write(to: postgres, host: "web-2")
        // A row may hold any number of its type, and their sums exceed it.
        for table in ["decisions_10s", "decisions_1h"] {
            try postgres.query(
                """
                update limiter.\(table) set requests = case outcome when 'blocked' then \(blocked) else \(others) end,
                    limit_sum = \(others), remaining_sum = \(blocked), latency = array_fill('\(others)'::bigint, array[22]),
                    use = array_fill('\(others)'::bigint, array[11]), passed = \(blocked)
                """)
        }
        for table in ["clients_10s", "clients_1h", "clients_1d", "values_10s", "values_1h", "values_1d"] {
            try postgres.query(
                "update limiter.\(table) set allowed = \(others), blocked = \(blocked), failed = \(others)")
        }
        for table in ["clients_10s", "clients_1h", "clients_1d"] {
            try postgres.query(
                "update limiter.\(table) set peak = case when client like '%bob' then -32768 else 32767 end")
        }
        try postgres.query("update limiter.events set retry_after = \(others)")
        try postgres.query(
            """
            update limiter.processes set backlog = \(others), spooled = \(others), events_dropped = \(others),
                store_errors = \(others), started = '294276-12-31'
            """)
        let client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        for query in ["", "range=24h", "range=90d", "client=api_key=ann", "client=api_key=ann&range=90d"] {
            for page in ["", "clients", "client", "events", "health", "top", "effectiveness"]
            where page != "client" || query.contains("client") {
                #expect(try client.get("/limits/\(page)?\(query)").status == 200, "\(page)?\(query)")
            }
            for by in ["client", "path", "policy", "rule"] {
                for order in ["requests", "blocked"] {
                    let address = "top.json?by=\(by)&order=\(order)&\(query)"
                    #expect(try client.get("/limits/\(address)").status == 200, "\(address)")
                }
            }
            for table in [
                "totals", "timeline", "strategies", "endpoints", "policies", "clients", "hours", "events", "processes",
                "effectiveness", "units", "near", "victims", "annotations",
            ] {
                for format in ["csv", "json"] {
                    #expect(try client.get("/limits/\(table).\(format)?\(query)").status == 200, "\(table)?\(query)")
                }
            }
        }
        if others == .max {
            let largest = "\(Int64.max)"
            let totals = try client.get("/limits/totals.csv").text
            #expect(totals.contains("now,\(largest),\(largest),\(largest),\(largest),\(largest)"))
        }
    }
}
