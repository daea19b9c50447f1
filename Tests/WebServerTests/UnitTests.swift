import Servers
import Testing

@Suite("Units and statuses of policies that depend on how requests end")
struct UnitTests {
    private static let rules = """
        policies:
          login: { limit: 2 per hour, count_if: { status: [401, 403] } }
          tokens: { limit: 1000 per week, cost: { response_header: X-Cost }, at_first: 10 }
          exports: { limit: 5 at once, lease: 1 hour }
          plain: { limit: 1000 per hour }
        rules:
          - { match: { path: /** }, count: api_key or address, policies: [login, tokens, exports, plain] }

        """

    @Test("what was charged, refunded and corrected, and which status counted, is in metrics, the database and pages")
    func units() throws {
        let database = try PostgresServer()
        let dashboard = try DashboardProcess(postgres: database.location)
        let site = try ReportedSite(
            rules: Self.rules, server: "location /limits/ { include @nginx@/dashboard.conf; }",
            http: "upstream fcgi_limiter_dashboard { server unix:\(dashboard.socket); }",
            flags: ["--postgres", database.location])
        defer { withExtendedLifetime(dashboard) {} }
        func get(_ page: String) throws -> String {
            try site.client().get("/limits/\(page)").text.replacing("\r\n", with: "\n")
        }

        #expect(try site.statuses(["/200?cost=25", "/401?cost=4", "/200", "/403"]) == [200, 401, 200, 403])
        #expect(try waitUntil { try site.metric(#"reports_total{result="refunded"}"#) == 4 })
        #expect(try site.statuses(["/200"]) == [429])
        for (change, units) in [("charged", (4, 40, 4)), ("refunded", (4, 6, 2)), ("corrected", (0, 15, 0))] {
            #expect(try site.metric(#"\#(change)_units_total{policy="exports"}"#) == units.0)
            #expect(try site.metric(#"\#(change)_units_total{policy="tokens"}"#) == units.1)
            #expect(try site.metric(#"\#(change)_units_total{policy="login"}"#) == units.2)
        }
        #expect(try !site.client().get("/metrics/0").text.contains(#"units_total{policy="plain""#))

        let isWritten = waitUntil { (try? database.number("select count(*) from limiter.events")) == 1 }
        #expect(isWritten)
        for table in ["units_10s", "units_1h"] {
            #expect(
                try database.query(
                    """
                    select policy, sum(charged), sum(refunded), sum(corrected) from limiter.\(table)
                    group by 1 order by 1
                    """) == "exports|4|4|0\nlogin|4|2|0\ntokens|40|6|15")
        }
        let head = "policy,charged,refunded,corrected\n"
        #expect(try get("units.csv") == head + "exports,4,4,0\nlogin,4,2,0\ntokens,40,6,15\n")
        #expect(try get("units.csv?policy=tokens") == head + "tokens,40,6,15\n")
        #expect(try get("units.csv?endpoint=none") == head)
        #expect(try get("units.csv?client=api_key%3Da") == head)
        #expect(try get("effectiveness").contains("Units charged, refunded and corrected"))

        #expect(try get("events.csv?where=counted_status%3D403").contains(",429,403,"))
        #expect(try !get("events.csv?where=counted_status%3D401").contains("429"))
        #expect(try get("events").contains("Counted status"))
    }
}
