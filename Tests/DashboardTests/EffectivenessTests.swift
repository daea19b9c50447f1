import Servers
import Testing

@Suite("Rate limit effectiveness")
struct EffectivenessTests {
    @Test("the load kept off, the use of each limit, shadow policies, clients near a limit, and victims by address")
    func figures() throws {
        let postgres = try PostgresServer.withSchema()
        let folder = try TemporaryFolder()
        let store = "embedded:\(folder.path("store"))"
        let limiter = try LimiterProcess(
            store: store, flags: ["--postgres", postgres.location], companions: [folder, postgres])
        let site = try DashboardSite(
            .nginx, postgres: postgres.location, limiter: limiter, store: store, companions: [postgres, folder])
        let client = site.client()
        // 9 of the 10 requests of a minute, and 2.
        for _ in 0..<9 { _ = try client.get("/api/data", headers: ["X-API-Key": "busy"]) }
        for _ in 0..<2 { _ = try client.get("/api/data", headers: ["X-API-Key": "calm"]) }
        #expect(
            try waitUntil { try postgres.number("select coalesce(sum(requests), 0) from limiter.decisions_10s") == 11 })
        var traffic = Traffic()
        let overall = Traffic.Kind(endpoint: "/checkout", policy: "overall", algorithm: "sliding_window")
        traffic.add("all", overall, allowed: 30, blocked: 10, shadowBlocked: 4, at: now() - 60)
        try traffic.write(to: postgres)

        let rows = try client.get("/limits/effectiveness.json").list()
        let policy = try #require(rows.first { $0["policy"] as? String == "overall" })
        #expect(policy["blocked"] as? Int == 10)
        #expect(policy["shadow_blocked"] as? Int == 4)
        // Of 1 to 9 and of 1 to 2 used units of 10, two are over 80 %, and 80 % itself.
        let data = try #require(rows.first { $0["policy"] as? String == "data" })
        let share = try #require(data["use_over_80"] as? Double)
        #expect(abs(share - 2.0 / 11) < 0.001, "\(share)")
        #expect(data["use_all"] as? Int == 0)

        let near = try client.get("/limits/near.json").list()
        #expect(near.map { $0["peak_use"] as? Double } == [0.9])
        let victims = try client.get("/limits/victims.json").list()
        #expect(victims.map { $0["address"] as? String } == ["203.0.113.9"])
        #expect(victims.map { $0["blocked"] as? Int } == [10])
        let page = try client.get("/limits/effectiveness").text
        #expect(page.contains("10 requests were kept off the backends"))
        // No policy depends on how requests end.
        #expect(!page.contains("Units charged, refunded and corrected"))
        #expect(try client.get("/limits/effectiveness?client=api_key%3Dbusy").status == 200)
    }
}
