import Foundation
import Servers
import Testing

@Suite("Status pages")
struct PageTests {
    @Test("health is 200 while the store answers, and is never limited", arguments: StoreKind.allCases)
    func healthy(store: StoreKind) throws {
        let client = try Site(store).client()
        for _ in 0..<40 {
            let answer = try client.get("/health")
            #expect(answer.status == 200)
            #expect(answer["Content-Type"] == "application/json")
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer["X-RateLimit-Limit"] == nil)
            let health = try answer.json()
            #expect(health.keys.sorted() == ["postgresql", "status", "store", "uptime_seconds", "version"])
            #expect(health["status"] as? String == "ok")
            #expect(health["version"] as? String == "0.1.0")
            #expect(try #require(health["uptime_seconds"] as? Int) >= 0)
            let state = try #require(health["store"] as? [String: Any])
            #expect(health["postgresql"] as? [String: String] == ["state": "not_configured"])
            let breaker = store == .redis ? ["breaker"] : []
            #expect(state.keys.sorted() == breaker + ["kind", "latency_microseconds", "state"])
            #expect(state["kind"] as? String == store.rawValue)
            #expect(state["state"] as? String == "up")
            #expect(try #require(state["latency_microseconds"] as? Int) >= 0)
        }
        let head = try client.send("HEAD", "/health")
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
    }

    @Test("health is 503 with the reason while Redis is down, and 200 again when it is back")
    func unhealthy() throws {
        let site = try Site(.redis)
        let redis = try #require(site.redis)
        let client = site.client()
        #expect(try client.get("/health").status == 200)
        redis.stop()
        // The last check holds for a second.
        #expect(try waitUntil { try client.get("/health").status == 503 })
        let answer = try client.get("/health")
        #expect(answer.status == 503)
        #expect(answer["Content-Type"] == "application/json")
        let health = try answer.json()
        #expect(health["status"] as? String == "failing")
        let state = try #require(health["store"] as? [String: Any])
        #expect(state["kind"] as? String == "redis")
        #expect(state["state"] as? String == "down")
        #expect(try #require(state["error"] as? String).contains(redis.socket))
        try redis.restart()
        #expect(try waitUntil { try client.get("/health").status == 200 })
    }

    @Test("health asks the store at most once per second, over all loops")
    func healthCost() throws {
        let redis = try RedisServer()
        let limiter = try LimiterProcess(store: "redis+unix:\(redis.socket)", flags: ["--loops", "4"])
        let nginx = try NginxServer(limiter)
        func checks() throws -> Int {
            let calls = try redis.command("INFO", "commandstats").firstMatch(of: /cmdstat_evalsha:calls=(\d+)/)
            return calls.flatMap { Int($0.1) } ?? 0
        }
        #expect(try nginx.client().get("/health").status == 200)
        let before = try checks()
        let start = ContinuousClock.now
        let clients = (0..<8).map { _ in nginx.client() }
        for number in 0..<400 { #expect(try clients[number % 8].get("/health").status == 200) }
        let seconds = Int((ContinuousClock.now - start).components.seconds)
        #expect(try checks() - before <= seconds + 1)
    }

    @Test(
        "health shows the store's address to clients on this machine only",
        arguments: [
            (["REMOTE_ADDR": "127.0.0.1"], true), (["REMOTE_ADDR": "127.8.9.10"], true), (["REMOTE_ADDR": "::1"], true),
            (["REMOTE_ADDR": "::ffff:127.0.0.1"], true), (["REMOTE_ADDR": "unix:"], true), ([:], true),
            (["REMOTE_ADDR": "203.0.113.9"], false), (["REMOTE_ADDR": "2001:db8::1"], false),
            (["REMOTE_ADDR": "localhost"], false),
            (["REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"], false),
            (["REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=203.0.113.9"], false),
        ])
    func address(variables: [String: String], isShown: Bool) throws {
        let environment = [
            "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "REQUEST_URI": "/health",
            "FCGI_LIMITER_STORE": "redis+unix:/nowhere/redis.sock",
        ]
        let outcome = try Program(built: "fcgi-limiter").run(
            environment: environment.merging(variables) { _, other in other })
        #expect(outcome.text.contains("Status: 503"))
        #expect(outcome.text.contains("/nowhere/redis.sock") == isShown)
        #expect(outcome.text.contains(#""error":"unreachable""#) != isShown)
    }

    @Test("metrics count the last hour by endpoint and outcome, as JSON", arguments: StoreKind.allCases)
    func json(store: StoreKind) throws {
        let site = try Site(store)
        let client = site.client()
        _ = try site.statuses(12, key: "a")
        _ = try site.statuses(3, "/api/search?q=a", key: "a")
        for _ in 0..<7 { _ = try client.send("POST", "/api/upload", headers: ["X-API-Key": "a"], body: [1]) }
        // These are not counted.
        _ = try client.get("/nothing")
        _ = try client.send("DELETE", "/api/data")
        _ = try client.get("/health")

        for headers in [[:], ["Accept": "*/*"], ["Accept": "application/json, text/plain"]] as [KeyValuePairs] {
            let answer = try client.get("/metrics", headers: headers)
            #expect(answer.status == 200)
            #expect(answer["Content-Type"] == "application/json")
            #expect(answer["Cache-Control"] == "no-store")
            #expect(
                try NSDictionary(dictionary: answer.json()) == [
                    "window_seconds": 3_600, "source": "process",
                    "total": 22, "allowed": 18, "blocked": 4, "shadow_blocked": 0, "failed": 0,
                    "endpoints": [
                        "/api/data": ["total": 12, "allowed": 10, "blocked": 2, "shadow_blocked": 0, "failed": 0],
                        "/api/search": ["total": 3, "allowed": 3, "blocked": 0, "shadow_blocked": 0, "failed": 0],
                        "/api/upload": ["total": 7, "allowed": 5, "blocked": 2, "shadow_blocked": 0, "failed": 0],
                    ],
                ] as NSDictionary)
        }
        #expect(
            try client.get("/metrics?format=json", headers: ["Accept": "text/plain"])["Content-Type"]
                == "application/json")
    }

    @Test(
        "metrics are Prometheus text if the client prefers or asks for that",
        arguments: [
            ("/metrics?format=prometheus", "*/*"), ("/metrics?format=prometheus", "application/json"),
            ("/metrics", "text/plain"),
            ("/metrics", "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
        ])
    func prometheus(target: String, accept: String) throws {
        let site = try Site(.embedded, flags: ["--loops", "3"])
        let client = site.client()
        _ = try site.statuses(12, key: "a")
        let answer = try client.get(target, headers: ["Accept": accept])
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(answer.text.hasSuffix("\n"))

        let lines = answer.text.split(separator: "\n").map(String.init)
        for line in [
            "# TYPE fcgi_limiter_requests_total counter",
            #"fcgi_limiter_requests_total{endpoint="/api/data",outcome="allowed"} 10"#,
            #"fcgi_limiter_requests_total{endpoint="/api/data",outcome="blocked"} 2"#,
            #"fcgi_limiter_requests_total{endpoint="/api/data",outcome="failed"} 0"#,
            #"fcgi_limiter_requests_total{endpoint="/api/search",outcome="allowed"} 0"#,
            #"fcgi_limiter_requests_total{endpoint="/api/upload",outcome="blocked"} 0"#,
            #"fcgi_limiter_requests_total{endpoint="/api/data",outcome="shadow_blocked"} 0"#,
            "# TYPE fcgi_limiter_decisions_total counter",
            #"fcgi_limiter_decisions_total{policy="data",algorithm="sliding_window",outcome="allowed"} 10"#,
            #"fcgi_limiter_decisions_total{policy="data",algorithm="sliding_window",outcome="blocked"} 2"#,
            #"fcgi_limiter_decisions_total{policy="search",algorithm="token_bucket",outcome="blocked"} 0"#,
            "# TYPE fcgi_limiter_decision_seconds histogram",
            #"fcgi_limiter_decision_seconds_bucket{le="1.048576"} 12"#,
            #"fcgi_limiter_decision_seconds_bucket{le="+Inf"} 12"#,
            "fcgi_limiter_decision_seconds_count 12",
            "# TYPE fcgi_limiter_store_errors_total counter",
            #"fcgi_limiter_store_errors_total{kind="unreachable"} 0"#,
            "# TYPE fcgi_limiter_connections gauge",
            "# TYPE fcgi_limiter_uptime_seconds gauge",
            "# TYPE fcgi_limiter_build_info gauge",
            #"fcgi_limiter_build_info{version="0.1.0",store="embedded"} 1"#,
        ] { #expect(lines.contains(line), "\(line) is missing in\n\(answer.text)") }

        // Each sample belongs to a family with a HELP line and occurs once.
        var explained: Set<Substring> = []
        for line in lines {
            let words = line.split(separator: " ")
            if words.first == "#" {
                try #require(words.count > 3)
                if words[1] == "TYPE" { #expect(explained.insert(words[2]).inserted) }
            } else {
                #expect(words.count == 2)
                #expect(Double(words[1]) != nil)
                let name = line.prefix { $0 != "{" && $0 != " " }
                let isHistogram = name.hasPrefix("fcgi_limiter_decision_seconds_")
                #expect(explained.contains(isHistogram ? "fcgi_limiter_decision_seconds" : name), "\(name)")
            }
        }
        #expect(Set(lines.map { $0.split(separator: " ").dropLast() }).count == lines.count)
    }

    @Test("metrics count requests that the store did not decide")
    func failures() throws {
        let site = try Site(.redis, flags: ["--on-store-failure", "allow"])
        site.redis?.stop()
        _ = try site.statuses(4, key: "a")
        let client = site.client()
        let metrics = try client.get("/metrics").json()
        #expect(metrics["failed"] as? Int == 4)
        #expect(metrics["allowed"] as? Int == 0)
        let text = try client.get("/metrics?format=prometheus").text
        #expect(text.contains(#"fcgi_limiter_store_errors_total{kind="unreachable"} 4"#))
        #expect(text.contains(#"fcgi_limiter_requests_total{endpoint="/api/data",outcome="failed"} 4"#))
    }
}
