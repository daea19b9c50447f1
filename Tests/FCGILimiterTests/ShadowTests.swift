import Foundation
import Servers
import Testing

@Suite("A rules file on trial: --shadow")
struct ShadowTests {
    private static let rules = """
        banned: [{ api_key: mallory }]
        policies:
          two: { limit: 2 per day, algorithm: sliding_window, on_store_failure: deny }
        rules:
          - { match: { path: /api/data }, count: api_key, policies: [two] }

        """

    @Test("lets everything pass, and says in the log, in metrics and in the database what would have been refused")
    func trial() throws {
        let site = try RecordedSite(rules: Self.rules, flags: ["--shadow", "on"])
        let client = site.client()
        let asked = [("a", 5), ("b", 1), ("mallory", 3)]
        for (key, count) in asked {
            for _ in 0..<count {
                let answer = try client.get("/api/data", headers: ["X-API-Key": key])
                #expect(answer.status == 200)
                #expect(answer["RateLimit"] == nil)
            }
        }
        let metrics = try client.get("/metrics?format=prometheus").text
        for policy in ["two", "banned"] {
            let lines = metrics.split(separator: "\n").filter {
                $0.hasPrefix("fcgi_limiter_decisions_total{policy=\"\(policy)\"") && $0.contains("shadow_blocked")
            }
            #expect(lines.count == 1 && lines[0].hasSuffix(" 3"), "\(lines)")
        }
        #expect(waitUntil { site.requests == 9 })
        #expect(
            try site.sums() == [
                "*|banned|shadow_blocked|3|3", "/api/data|two|allowed|3|3", "/api/data|two|shadow_blocked|3|3",
            ])
        // Who would have been refused.
        #expect(
            try site.database.query("select client, count(*) from limiter.events group by 1 order by 1")
                == """
                api_key=sha256:c0a497761b175379ed63397cc9805465|3
                api_key=sha256:ca978112ca1bbdcafac231b39a23dc4d|3
                """)
        site.limiters[0].send(SIGTERM)
        #expect(site.limiters[0].waitForEnd(deadline: 30) == 0)
        #expect(
            site.limiters[0].logLines("notice") == ["would have refused 6 of 9 requests, by policy: banned 3, two 3"])
    }

    @Test("stays on when the rules are read again, and no failure of the store refuses a request")
    func reload() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.rules, to: "limits.yaml")
        let redis = try RedisServer()
        let limiter = try LimiterProcess(
            store: "redis+unix:\(redis.socket)", flags: ["--rules", path, "--shadow", "on"])
        let client = try NginxServer(limiter).client()
        limiter.send(SIGHUP)
        #expect(waitUntil { limiter.logLines("notice").count == 1 })
        for _ in 0..<4 { #expect(try client.get("/api/data", headers: ["X-API-Key": "a"]).status == 200) }
        redis.send(SIGKILL)
        for _ in 0..<4 { #expect(try client.get("/api/data", headers: ["X-API-Key": "a"]).status == 200) }
    }
}
