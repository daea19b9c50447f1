import Analytics
import Servers
import Testing

@Suite("The dashboard through PgBouncer")
struct PgBouncerTests {
    @Test("every page and table is as without it, whatever the sessions' settings, and after PgBouncer was killed")
    func pages() throws {
        let postgres = try PostgresServer.withSchema()
        try postgres.query("alter role limiter set timezone = 'Asia/Kathmandu'")
        var traffic = Traffic()
        let yesterday = now() / 86_400 * 86_400 - 43_200
        traffic.add("api_key=ann", .data, allowed: 1_234, blocked: 56, at: yesterday)
        try traffic.write(to: postgres)
        let bouncer = try PgBouncerServer(postgres)
        let direct = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        let pooled = try DashboardSite(.nginx, postgres: bouncer.location, companions: [bouncer]).client()
        func expectAgreement() throws {
            for page in PageTests.pages { #expect(try pooled.get("/limits/\(page)").status == 200, "\(page)") }
            for table in ["totals", "timeline", "strategies", "endpoints", "clients", "hours", "events"] {
                let target = "/limits/\(table).json?range=7d&client=api_key=ann"
                #expect(try pooled.get(target).status == 200)
                // A second may pass between the two, and rows count those of the bar that has not ended.
                let agrees = try waitUntil { try pooled.get(target).text == direct.get(target).text }
                #expect(agrees, "\(table)")
            }
        }
        // Each statement has its turn on each session.
        for _ in 0..<4 { try expectAgreement() }
        let hours = try pooled.get("/limits/hours.json?range=7d").list()
        #expect(hours.map { $0["blocked"] as? Int }.firstIndex(of: 56) == 12)
        try bouncer.restart()
        try expectAgreement()

        // Nothing that the dashboard sets reaches the others who use the sessions.
        let connection = try PostgresConnection(PostgresLocation(bouncer.location))
        for _ in 0..<8 {
            #expect(try connection.query("show transaction_read_only").text(0, 0) == "off")
            #expect(try connection.query("show statement_timeout").text(0, 0) == "0")
        }
    }

    @Test("a statement that takes too long is cancelled, and the page says so", arguments: [false, true])
    func timeout(pooled: Bool) throws {
        let postgres = try PostgresServer.withSchema()
        let bouncer = pooled ? try PgBouncerServer(postgres) : nil
        let client = try DashboardSite(
            .nginx, postgres: bouncer?.location ?? postgres.location, flags: ["--postgres-deadline", "300"],
            companions: [postgres] + (bouncer.map { [$0] } ?? [])
        ).client()
        let lock = try PostgresConnection(PostgresLocation(postgres.location))
        try lock.run("begin; lock table limiter.series in access exclusive mode")
        let page = try client.get("/limits/")
        #expect(page.status == 503)
        #expect(page.text.contains("canceling statement due to statement timeout"))
        #expect(page.text.contains("Try a shorter range."))
        try lock.run("rollback")
        #expect(try client.get("/limits/").status == 200)
    }
}
