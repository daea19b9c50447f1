import Foundation
import Servers
import Testing

@Suite("The fallback store")
struct FallbackStoreTests {
    /// Two limiters on one Redis, each with its own flags and an nginx in front.
    private final class Pair {
        let redis: RedisServer
        let folder: TemporaryFolder
        let limiters: [LimiterProcess]
        let nginx: [NginxServer]

        /// `flags` of the limiter with a number, in the folder.
        init(_ flags: (Int, TemporaryFolder) throws -> [String]) throws {
            let (redis, folder) = (try RedisServer(), try TemporaryFolder())
            (self.redis, self.folder) = (redis, folder)
            limiters = try (0..<2).map {
                try LimiterProcess(store: "redis+unix:\(redis.socket)", flags: flags($0, folder))
            }
            nginx = try limiters.map { try NginxServer($0) }
        }

        /// Clients of both, which send requests with `key` in turn.
        func statuses(_ count: Int, _ target: String = "/api/data", key: String) throws -> [Int] {
            let clients = nginx.map { $0.client() }
            return try (0..<count).map { try clients[$0 % 2].get(target, headers: ["X-API-Key": key]).status }
        }
    }

    @Test("limiters of one machine share a limit while Redis is unavailable, and return to Redis's when it is back")
    func oneMachine() throws {
        let pair = try Pair { ["--on-store-failure", "local", "--local-store", "embedded:\($1.path("local"))"] }
        #expect(try pair.statuses(10, key: "a") == Array(repeating: 200, count: 10))
        pair.redis.send(SIGKILL)

        // Another store, so another ten: with Redis's ten, that is the documented maximum.
        #expect(try pair.statuses(40, key: "a").filter { $0 == 200 }.count == 10)
        for nginx in pair.nginx {
            let refused = try nginx.client().get("/api/data", headers: ["X-API-Key": "a"])
            #expect(refused.status == 429)
            #expect(refused["X-RateLimit-Limit"] == "10")
            #expect(refused["X-RateLimit-Remaining"] == "0")
            #expect(refused["RateLimit-Policy"] == "\"data\";q=10;w=60")
            #expect(Int(refused["Retry-After"] ?? "").map { (1...60).contains($0) } == true)
        }
        let hammer = Hammer(pair.nginx[0], target: "/api/data", clients: 4) { "key \($0 / 20)" }
        #expect(hammer.waitForMore(400))
        let hits = hammer.stop()
        #expect(Set(hits.statuses.keys).isSubset(of: [200, 429]))
        #expect(hits.admitted.values.allSatisfy { $0 <= 10 })
        for limiter in pair.limiters {
            #expect(limiter.logLines("error").count == 1)
            let meanwhile = "; until it answers, requests are counted by this machine alone"
            #expect(limiter.logLines("error")[0].hasSuffix(meanwhile))
        }

        try pair.redis.restart()
        #expect(waitUntil { pair.nginx.allSatisfy { (try? $0.client().get("/health").status) == 200 } })
        // Redis kept nothing, so there are exactly ten again.
        #expect(try pair.statuses(40, key: "b").filter { $0 == 200 }.count == 10)
        #expect(
            try pair.redis.command("EXISTS", "window:{api_key=sha256:3e23e8160039594a33894f6564e1b134}:data") == "1")
    }

    @Test(
        "machines with a share each admit together what one machine would, and each at least one unit",
        arguments: [(1, 20), (2, 10), (4, 4), (1_000, 2)])
    func shares(share: Int, admitted: Int) throws {
        let pair = try Pair { number, folder in
            [
                "--on-store-failure", "local", "--local-store", "embedded:\(folder.path("local\(number)"))",
                "--local-share", "1/\(share)",
            ]
        }
        pair.redis.stop()
        #expect(try pair.statuses(60, key: "a").filter { $0 == 200 }.count == admitted)
        let limit = try pair.nginx[0].client().get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Limit"]
        #expect(limit == "\(max(1, 10 / share))")
    }

    @Test("each policy has its own answer: one that denies is enough, otherwise local policies are counted")
    func mixed() throws {
        let rules = """
            policies:
              passing: { limit: 1 per day, on_store_failure: allow }
              own: { limit: 3 per day, on_store_failure: local }
              closed: { limit: 5 per day, on_store_failure: deny }
              trial: { limit: 1 per day, mode: shadow, on_store_failure: deny }
            rules:
              - { match: { path: /api/data }, count: api_key, policies: [passing, own, trial] }
              - { match: { path: /api/search }, count: api_key, policies: [own, closed] }
              - { match: { path: /api/upload }, count: api_key, policies: [passing, trial] }

            """
        let pair = try Pair { _, folder in
            let path = try folder.write(rules, to: "limits.yaml")
            return ["--rules", path, "--local-store", "embedded:\(folder.path("local"))"]
        }
        pair.redis.stop()
        #expect(try pair.statuses(5, key: "a") == [200, 200, 200, 429, 429])
        #expect(try pair.statuses(2, "/api/search", key: "b") == [503, 503])
        // Requests refused with 503 were not counted.
        #expect(try pair.statuses(4, key: "b") == [200, 200, 200, 429])
        let answer = try pair.nginx[0].client().send("POST", "/api/upload", headers: ["X-API-Key": "a"])
        #expect(answer.status == 200)
        #expect(answer["RateLimit"] == nil)
        // The headers name only the policy that was counted.
        let refused = try pair.nginx[0].client().get("/api/data", headers: ["X-API-Key": "a"])
        #expect(refused["RateLimit-Policy"] == "\"own\";q=3;w=86400")
        #expect(try refused.json()["violated-policies"] as? [String] == ["own"])
    }

    @Test("no setting is needed: the default is the fallback store")
    func byDefault() throws {
        let pair = try Pair { ["--local-store", "embedded:\($1.path("local"))"] }
        pair.redis.stop()
        #expect(try pair.statuses(40, key: "a").filter { $0 == 200 }.count == 10)
    }

    @Test("a folder that cannot be used is in the log and in /health, and requests pass when Redis fails")
    func unusable() throws {
        let (redis, folder) = (try RedisServer(), try TemporaryFolder())
        try folder.write("", to: "file")
        let limiter = try LimiterProcess(
            store: "redis+unix:\(redis.socket)", flags: ["--local-store", "embedded:\(folder.path("file"))"])
        let client = try NginxServer(limiter).client()
        #expect(limiter.logLines("error").count == 1)
        #expect(
            limiter.logLines("error")[0].hasPrefix("fallback store embedded:\(folder.path("file")): Not a directory"))
        let health = try client.get("/health")
        #expect(health.status == 200)
        #expect(try health.json()["status"] as? String == "degraded")
        #expect(health.text.contains("Not a directory"))
        redis.stop()
        for _ in 0..<20 { #expect(try client.get("/api/data").status == 200) }
    }
}
