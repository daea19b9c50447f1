import Foundation
import Servers
import Testing

@Suite("Cached refusals")
struct CachedRefusalTests {
    private static func rules(_ limit: Int) -> String {
        """
        policies:
          data: { limit: \(limit) per day, algorithm: sliding_window }
        rules:
          - { match: { path: /api/data }, count: api_key, policies: [data] }

        """
    }

    /// A limiter on Redis with `limit` per day, and nginx in front.
    private struct Guarded {
        let redis: RedisServer
        let folder: TemporaryFolder
        let limiter: LimiterProcess
        let client: HTTPClient

        init(limit: Int = 3, redis: RedisServer? = nil, credentials: String = "", flags: [String] = []) throws {
            self.redis = try redis ?? RedisServer()
            folder = try TemporaryFolder()
            let path = try folder.write(CachedRefusalTests.rules(limit), to: "limits.yaml")
            limiter = try LimiterProcess(
                store: "redis+unix:\(credentials)\(self.redis.socket)",
                flags: ["--rules", path, "--store-header", "on"] + flags)
            client = try NginxServer(limiter).client()
        }

        func get(_ key: String = "a") throws -> HTTPAnswer {
            try client.get("/api/data", headers: ["X-API-Key": key])
        }

        /// Uses the limit up, and has one request refused by Redis.
        func useUp(_ key: String = "a") throws {
            #expect(try waitUntil { try get(key).status == 429 })
        }

        /// How often each command has been called.
        func calls() throws -> [String: Int] {
            let lines = try redis.command("INFO", "commandstats").split(whereSeparator: \.isNewline)
            return lines.reduce(into: [:]) { calls, line in
                guard line.hasPrefix("cmdstat_"), let colon = line.firstIndex(of: ":") else { return }
                let count = line[colon...].dropFirst(7).prefix { $0.isNumber }
                calls[String(line[..<colon].dropFirst(8))] = Int(count)
            }
        }
    }

    @Test("further requests of a refused client do not reach Redis, and their headers count down")
    func noCommands() throws {
        let site = try Guarded()
        try site.useUp()
        // From now on resets are known.
        #expect(try waitUntil { try site.calls()["subscribe"] != nil })
        let first = try site.get()
        let before = try site.calls()
        var answers: [HTTPAnswer] = []
        #expect(
            try waitUntil {
                for _ in 0..<100 { answers.append(try site.get()) }
                let waits = [first, answers[answers.count - 1]].compactMap { $0["Retry-After"].flatMap { Int($0) } }
                return waits[0] - waits[1] >= 3
            })
        let after = try site.calls()
        let grown = after.filter { $0.value != before[$0.key] }.map(\.key)
        // The connection that listens for resets sends a command twice per second, and overrides are read as often. Requests
        // would show as evalsha.
        #expect(Set(grown).isSubset(of: ["info", "subscribe", "eval", "time", "mget"]), "\(before) \(after)")

        var wait = Int.max
        for answer in answers {
            #expect(answer.status == 429)
            #expect(answer["X-RateLimit-Store"] == "memory;breaker=closed")
            for name in ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit-Policy"] {
                #expect(answer[name] == first[name])
            }
            let seconds = try #require(answer["Retry-After"].flatMap { Int($0) })
            #expect(seconds <= wait)
            wait = seconds
            #expect(answer["RateLimit"] == "\"data\";r=0;t=\(seconds)")
            #expect(answer.body == first.body)
        }
        let lines = try site.client.get("/metrics?format=prometheus").text.split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("fcgi_limiter_without_store_total{by=\"memory\"} ") })
        #expect(Int(line.split(separator: " ")[1]) ?? 0 >= answers.count)
    }

    @Test("a reset reaches every process")
    func reset() throws {
        let site = try Guarded()
        let other = try LimiterProcess(
            store: "redis+unix:\(site.redis.socket)",
            flags: ["--rules", site.folder.path("limits.yaml"), "--store-header", "on", "--loops", "3"])
        let client = try NginxServer(other).client()
        func getFromOther() throws -> HTTPAnswer { try client.get("/api/data", headers: ["X-API-Key": "a"]) }
        try site.useUp()
        #expect(try getFromOther().status == 429)
        #expect(try waitUntil { try site.redis.command("PUBSUB", "NUMSUB", "fcgi-limiter:resets").hasSuffix("2") })
        // Past the second for which refusals are cached anyway.
        let first = try getFromOther()
        #expect(
            try waitUntil {
                let (one, two) = (try site.get(), try getFromOther())
                let wait = two["Retry-After"].flatMap { Int($0) } ?? .max
                return (Int(first["Retry-After"] ?? "") ?? 0) - wait >= 3
                    && [one, two].allSatisfy { $0["X-RateLimit-Store"] == "memory;breaker=closed" }
            })

        let outcome = try Program(built: "fcgi-limiter").run([
            "reset", "api_key=a", "--store", "redis+unix:\(site.redis.socket)", "--rules",
            site.folder.path("limits.yaml"),
        ])
        #expect(outcome.text == "reset api_key=sha256:ca978112ca1bbdcafac231b39a23dc4d: 1 of 1 policies had counted it")
        #expect(try waitUntil { try site.get().status == 200 })
        #expect(try waitUntil { try getFromOther().status == 200 })
        // All three units were there again.
        try site.useUp()
        #expect(try getFromOther().status == 429)
    }

    @Test("a raised limit holds from the next request on")
    func raisedLimit() throws {
        let site = try Guarded()
        try site.useUp()
        #expect(try site.get()["X-RateLimit-Store"] == "memory;breaker=closed")
        try site.folder.write(Self.rules(5), to: "limits.yaml")
        site.limiter.send(SIGHUP)
        #expect(waitUntil { site.limiter.logLines("notice").count == 1 })
        #expect(try (0..<3).map { _ in try site.get().status } == [200, 200, 429])
        // And a lowered one.
        try site.folder.write(Self.rules(4), to: "limits.yaml")
        site.limiter.send(SIGHUP)
        #expect(waitUntil { site.limiter.logLines("notice").count == 2 })
        let answer = try site.get()
        #expect(answer.status == 429)
        #expect(answer["X-RateLimit-Limit"] == "4")
        #expect(answer["X-RateLimit-Store"] == "redis;breaker=closed")
    }

    @Test("while Redis is unavailable refused clients stay refused; when Redis is back, it decides")
    func unavailable() throws {
        let site = try Guarded(flags: ["--on-store-failure", "allow"])
        try site.useUp()
        site.redis.send(SIGKILL)
        #expect(try site.get("b").status == 200)
        #expect(try site.get("b")["X-RateLimit-Store"] == "none;breaker=open")
        // Past the second for which refusals are cached anyway.
        var answers = [try site.get()]
        #expect(
            try waitUntil {
                answers.append(try site.get())
                let waits = [answers[0], answers[answers.count - 1]].map { Int($0["Retry-After"] ?? "") ?? 0 }
                return waits[0] - waits[1] >= 3
            })
        for answer in answers {
            #expect(answer.status == 429)
            #expect(answer["X-RateLimit-Store"] == "memory;breaker=open")
            #expect(answer["X-RateLimit-Remaining"] == "0")
        }
        try site.redis.restart()
        // Redis kept nothing.
        #expect(try waitUntil { try site.get().status == 200 })
        #expect(try waitUntil { try site.get("b")["X-RateLimit-Store"] == "redis;breaker=closed" })
    }

    @Test("if the limiter cannot subscribe to resets, it logs that, and caches refusals for a second")
    func noChannel() throws {
        let redis = try RedisServer(options: ["user limiter on >secret ~* &* +@all"])
        let site = try Guarded(redis: redis, credentials: "//limiter:secret@")
        #expect(try redis.command("ACL", "SETUSER", "limiter", "resetchannels") == "OK")
        try site.useUp()
        func warnings() -> [String] { site.limiter.logLines("warning").filter { !$0.contains("counts clients by") } }
        #expect(waitUntil { !warnings().isEmpty })
        #expect(warnings().count == 1)
        #expect(warnings().first?.contains("NOPERM") == true)
        #expect(warnings().first?.hasSuffix("; refusals are cached for a second only") == true)
        let before = try site.calls()["evalsha"] ?? 0
        var statuses: [Int] = []
        // The limiter asks again once per second; many answers in between come from the cache.
        #expect(
            try waitUntil {
                statuses.append(try site.get().status)
                return try site.calls()["evalsha"] ?? 0 >= before + 2
            })
        #expect(Set(statuses) == [429])
        #expect(statuses.count > 20)
    }

    @Test("the header that says who decided is sent only if it is switched on")
    func header() throws {
        for (kind, value) in [(StoreKind.redis, "redis;breaker=closed"), (.embedded, "embedded")] {
            let client = try Site(kind, flags: ["--store-header", "on"]).client()
            #expect(try client.get("/api/data")["X-RateLimit-Store"] == value)
            #expect(try client.get("/nothing")["X-RateLimit-Store"] == nil)
            #expect(try Site(kind).client().get("/api/data")["X-RateLimit-Store"] == nil)
        }
    }
}
