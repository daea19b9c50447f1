import Foundation
import Servers
import Testing

@Suite("An unavailable store")
struct StoreFailureTests {
    @Test("with deny: 503 with Retry-After, and the same limits as before when Redis is back")
    func deny() throws {
        let site = try Site(.redis, flags: ["--on-store-failure", "deny"])
        let redis = try #require(site.redis)
        let client = site.client()
        #expect(try site.statuses(1, key: "a") == [200])
        redis.send(SIGKILL)
        #expect(try waitUntil { try client.get("/api/data").status == 503 })
        for (method, target) in [
            ("GET", "/api/data"), ("HEAD", "/api/data"), ("GET", "/api/search"), ("POST", "/api/upload"),
        ] {
            let answer = try client.send(method, target, headers: ["X-API-Key": "a"])
            #expect(answer.status == 503)
            #expect(answer["Retry-After"] == "1")
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer["Content-Type"] == "application/problem+json")
            #expect(answer["X-RateLimit-Limit"] == nil)
            guard method != "HEAD" else { continue }
            let problem = try answer.json()
            #expect(
                problem["type"] as? String
                    == "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity")
            #expect(problem["status"] as? Int == 503)
            #expect(problem["title"] as? String == "Limits cannot be checked at the moment")
        }
        #expect(try client.get("/nothing").status == 404)

        try redis.restart()
        #expect(try waitUntil { try client.get("/api/data", headers: ["X-API-Key": "b"]).status == 200 })
        #expect(try site.statuses(10, key: "b") == Array(repeating: 200, count: 9) + [429])
    }

    @Test("with allow: requests pass uncounted, and are limited again when Redis is back")
    func allow() throws {
        let site = try Site(.redis, flags: ["--on-store-failure", "allow"])
        let redis = try #require(site.redis)
        let client = site.client()
        // A client that was refused would stay refused.
        #expect(try site.statuses(10, key: "a") == Array(repeating: 200, count: 10))
        redis.send(SIGKILL)
        #expect(try waitUntil { try client.get("/api/data", headers: ["X-API-Key": "a"]).status == 200 })
        for _ in 0..<30 {
            let answer = try client.get("/api/data", headers: ["X-API-Key": "a"])
            #expect(answer.status == 200)
            #expect(answer["X-RateLimit-Limit"] == nil)
            #expect(answer["RateLimit"] == nil)
            #expect(try answer.json()["data"] != nil)
        }
        try redis.restart()
        #expect(try waitUntil { try client.get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Limit"] == "10" })
        #expect(try site.statuses(10, key: "a") == Array(repeating: 200, count: 9) + [429])
    }

    @Test("one log line says that the store is unavailable and what happens meanwhile, and one that it is back")
    func lines() throws {
        let site = try Site(.redis, flags: ["--on-store-failure", "allow"])
        let redis = try #require(site.redis)
        let limiter = site.limiters[0]
        let client = site.client()
        #expect(try client.get("/api/data").status == 200)
        #expect(limiter.logLines("error").isEmpty)
        redis.stop()
        for _ in 0..<20 { #expect(try client.get("/api/search").status == 200) }
        #expect(limiter.logLines("error").count == 1)
        #expect(limiter.logLines("error")[0].hasPrefix("redis+unix:\(redis.socket)?db=0: "))
        #expect(limiter.logLines("error")[0].hasSuffix("; until it answers, requests pass uncounted"))
        try redis.restart()
        #expect(try waitUntil { try client.get("/api/search")["RateLimit"] != nil })
        // The breaker closes after some batches.
        #expect(
            try waitUntil {
                try client.get("/api/search").status == 200 && limiter.logLines("notice") == ["the store answers again"]
            })
        #expect(limiter.logLines("error").count == 1)
    }

    @Test("a limiter that starts before its Redis begins to limit when Redis is there")
    func startedFirst() throws {
        let redis = try RedisServer()
        redis.stop()
        let limiter = try LimiterProcess(store: "redis+unix:\(redis.socket)", flags: ["--on-store-failure", "deny"])
        let client = try NginxServer(limiter).client()
        #expect(try client.get("/api/data").status == 503)
        try redis.restart()
        #expect(try waitUntil { try client.get("/api/data", headers: ["X-API-Key": "a"]).status == 200 })
        let remaining = try client.get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Remaining"]
        #expect(remaining == "8")
    }

    @Test("a Redis that does not answer is given up after the deadline, and counts as unavailable")
    func silent() throws {
        let folder = try TemporaryFolder()
        let address = ServerAddress.unix(path: folder.path("silent.sock"))
        let silent = try SilentListener(address, queue: 100)
        let limiter = try LimiterProcess(
            store: "redis+unix:\(folder.path("silent.sock"))",
            flags: ["--on-store-failure", "deny", "--store-deadline", "20"])
        let client = try NginxServer(limiter).client()
        #expect(try client.get("/api/data").status == 503)
        #expect(limiter.logLines("error").count == 1)
        #expect(limiter.logLines("error")[0].contains("did not answer in time"))
        withExtendedLifetime(silent) {}
    }

    @Test("a wrong password is reported in one line at the start, which does not contain the password")
    func wrongPassword() throws {
        let redis = try RedisServer(options: ["requirepass right-secret"])
        let folder = try TemporaryFolder()
        let words = [
            "serve", "--listen", "unix:\(folder.path("a.sock"))", "--store",
            "redis+unix://:wrong-secret@\(redis.socket)", "--store-deadline", "10000",
        ]
        let outcome = try Program(built: "fcgi-limiter").run(words)
        #expect(outcome.status == 1)
        #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
        #expect(outcome.errors.contains("WRONGPASS"))
        #expect(!outcome.errors.contains("secret"))

        let right = try LimiterProcess(store: "redis+unix://:right-secret@\(redis.socket)")
        let other = try NginxServer(right).client()
        #expect(try other.get("/api/data")["X-RateLimit-Remaining"] == "9")
        #expect(!right.logText.contains("secret"))
    }
}
