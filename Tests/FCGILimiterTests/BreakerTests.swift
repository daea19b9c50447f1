import Foundation
import Servers
import Testing

@Suite("The circuit breaker before Redis")
struct BreakerTests {
    @Test("while Redis is silent every request is answered, and there are few attempts to reach Redis")
    func silent() throws {
        let folder = try TemporaryFolder()
        let silent = try SilentListener(.unix(path: folder.path("silent.sock")), queue: 1_000)
        let limiter = try LimiterProcess(
            store: "redis+unix:\(folder.path("silent.sock"))",
            flags: ["--store-deadline", "200", "--loops", "2", "--on-store-failure", "allow"])
        let hammer = Hammer(try NginxServer(limiter), target: "/api/data", clients: 4) { "key \($0)" }
        // As many as would take minutes if each waited for the deadline.
        #expect(hammer.waitForMore(5_000))
        #expect(Set(hammer.stop().statuses.keys) == [200])
        // One at the start, one per pause, and those of the reset subscriber: far fewer than requests.
        #expect(silent.waitingConnections() < 500)
        #expect(limiter.logLines("error").count == 1)
        #expect(limiter.logLines("error")[0].contains("did not answer"))
    }

    @Test(
        "a stopped Redis costs only the requests of one batch, and goes on counting where it was",
        arguments: [SIGSTOP, SIGKILL])
    func stopped(signal: Int32) throws {
        let redis = try RedisServer()
        let limiter = try LimiterProcess(
            store: "redis+unix:\(redis.socket)",
            flags: [
                "--store-deadline", "1000", "--loops", "2", "--store-header", "on", "--on-store-failure", "allow",
            ])
        let nginx = try NginxServer(limiter)
        let client = nginx.client()
        #expect(try client.get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Remaining"] == "9")
        let hammer = Hammer(nginx, target: "/api/search", clients: 4) { "key \($0)" }
        #expect(hammer.waitForMore(200))
        redis.send(signal)
        #expect(try waitUntil { try client.get("/api/data")["X-RateLimit-Store"] == "none;breaker=open" })
        #expect(hammer.waitForMore(5_000))
        // Health does not wait for it either.
        for _ in 0..<200 { #expect(try client.get("/health").status == 503) }
        let health = try #require(try client.get("/health").json()["store"] as? [String: Any])
        let breaker = try #require(health["breaker"] as? [String: Any])
        #expect(breaker["state"] as? String == "open")
        #expect(breaker["opened"] as? Int == 1)
        #expect(breaker["last_error"] as? String == health["error"] as? String)
        let since = try #require(breaker["since"] as? Double)
        #expect(abs(Date.now.timeIntervalSince1970 - since) < 60)
        let text = try client.get("/metrics?format=prometheus").text
        for line in [
            "fcgi_limiter_store_breaker{state=\"closed\"} 0", "fcgi_limiter_store_breaker{state=\"open\"} 1",
            "fcgi_limiter_store_breaker_transitions_total{to=\"open\"} 1",
        ] { #expect(text.contains(line + "\n")) }

        if signal == SIGSTOP { redis.send(SIGCONT) } else { try redis.restart() }
        #expect(try waitUntil { try client.get("/health").status == 200 })
        #expect(try waitUntil { try client.get("/api/search")["X-RateLimit-Store"] == "redis;breaker=closed" })
        #expect(hammer.waitForMore(200))
        #expect(Set(hammer.stop().statuses.keys) == [200])
        let remaining = try client.get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Remaining"]
        #expect(remaining == (signal == SIGSTOP ? "8" : "9"))
        #expect(limiter.logLines("error").count == 1)
        #expect(limiter.logLines("notice") == ["the store answers again"])
    }

    @Test("a Redis that answers late, ten times in a row, is not waited for until it answers in time")
    func slow() throws {
        let redis = try RedisServer()
        let wire = try LongWire(to: .unix(path: redis.socket))
        let limiter = try LimiterProcess(
            store: "redis+unix:\(wire.socket)",
            flags: [
                "--store-deadline", "400", "--loops", "4", "--store-header", "on", "--on-store-failure", "allow",
            ])
        let nginx = try NginxServer(limiter)
        let client = nginx.client()
        #expect(try client.get("/api/data")["X-RateLimit-Store"] == "redis;breaker=closed")
        // Later than the deadline, but not silent for long.
        wire.milliseconds = 600
        let hammer = Hammer(nginx, target: "/api/search", clients: 16) { "key \($0)" }
        #expect(waitUntil { !limiter.logLines("error").isEmpty })
        // Nobody waits, although all commands that were sent would be answered.
        #expect(hammer.waitForMore(5_000))
        let error = try #require(limiter.logLines("error").first)
        #expect(error.contains(" did not answer within 400 ms, 10 times in a row; until it answers, requests pass"))
        #expect(try client.get("/api/data")["X-RateLimit-Store"] == "none;breaker=open")

        wire.milliseconds = 0
        #expect(try waitUntil { try client.get("/api/data")["X-RateLimit-Store"] == "redis;breaker=closed" })
        #expect(Set(hammer.stop().statuses.keys) == [200])
        #expect(limiter.logLines("error").count == 1)
        #expect(limiter.logLines("notice") == ["the store answers again"])
    }

    @Test("health and metrics show a closed breaker, and none for a store without one")
    func closed() throws {
        let client = try Site(.redis).client()
        _ = try client.get("/api/data")
        let health = try #require(try client.get("/health").json()["store"] as? [String: Any])
        #expect(health["state"] as? String == "up")
        let breaker = try #require(health["breaker"] as? [String: Any])
        #expect(breaker.keys.sorted() == ["opened", "since", "state"])
        #expect(breaker["state"] as? String == "closed")
        #expect(breaker["opened"] as? Int == 0)
        let text = try client.get("/metrics?format=prometheus").text
        #expect(text.contains("fcgi_limiter_store_breaker{state=\"closed\"} 1\n"))

        let embedded = try Site(.embedded).client()
        #expect(try !embedded.get("/metrics?format=prometheus").text.contains("breaker"))
    }
}
