import Foundation
import Servers
import Testing

@Suite("Reports on a fallback store, through Sentinels, and over HTTP/2")
struct ReportedStoreTests {
    @Test(
        "while Redis is down, the fallback store gets its units back",
        arguments: ["3 per hour, count_if: { status: [401, 403] }", "3 at once, lease: 1 hour"])
    func fallback(limit: String) throws {
        let rules = ReportedSite.login.replacing(
            "3 per hour, count_if: { status: [401, 403] }", with: limit + ", on_store_failure: local")
        let site = try ReportedSite(rules: rules, onRedis: true)
        let redis = try #require(site.redis)
        #expect(try site.statuses(["/200", "/200"]) == [200, 200])
        #expect(try waitUntil { try site.left() == "login: 3 of 3 left" })
        redis.stop()
        #expect(try site.statuses(Array(repeating: "/200", count: 20)).allSatisfy { $0 == 200 })
        if limit.contains("count_if") {
            #expect(try site.statuses(["/401", "/403", "/401", "/200"]) == [401, 403, 401, 429])
        }
        // What the fallback store has counted and given back is not Redis's concern.
        try redis.restart()
        #expect(
            try waitUntil { try site.statuses(["/401"], key: "b") == [401] && site.left("b").hasSuffix("of 3 left") })
        #expect(try waitUntil { try site.left() == "login: 3 of 3 left" })
        #expect(try waitUntil { try site.metric("receipts_open") == 0 })
        #expect(try site.metric(#"reports_total{result="invalid"}"#) == 0)
    }

    @Test("a refund reaches the master that Sentinels name, also after a failover, and is not made twice")
    func sentinels() throws {
        let spy = try ReportSpy()
        let sentinels = try RedisSentinels()
        let site = try ReportedSite(store: sentinels.location, reports: spy.port)
        #expect(try site.statuses(["/200", "/200"]) == [200, 200])
        let reports = try spy.receive(2)
        site.send(reports[0])
        #expect(try waitUntil { try site.left() == "login: 2 of 3 left" })
        // The other server has the states, the secret and the claims.
        #expect(
            try waitUntil { try sentinels.servers[1].command("DBSIZE") == sentinels.servers[0].command("DBSIZE") })
        sentinels.servers[0].send(SIGKILL)
        // A server that is promoted closes its connections.
        #expect(waitUntil { (try? sentinels.servers[1].command("ROLE"))?.hasPrefix("master") == true })
        site.send(reports[0])
        site.send(reports[1])
        #expect(try waitUntil { try site.left() == "login: 3 of 3 left" })
        #expect(try waitUntil { try site.metric(#"reports_total{result="repeated"}"#) == 1 })
        #expect(try site.metric(#"reports_total{result="refunded"}"#) == 2)
    }

    @Test("requests in one HTTP/2 connection are reported one by one")
    func http2() throws {
        let port = try FreePort().number
        let certificates = try Certificates()
        let certificate = try certificates.issue()
        let site = try ReportedSite(
            http: """
                server {
                    listen 127.0.0.1:\(port) ssl http2;
                    ssl_certificate \(certificate.path);
                    ssl_certificate_key \(certificate.key);
                    include @nginx@/guard-server.conf;
                    @report@
                    location / { include @nginx@/guard.conf; proxy_pass http://site; }
                }
                """)
        func statuses(_ path: String, _ count: Int, key: String) throws -> [String: Int] {
            let urls = Array(repeating: "https://127.0.0.1:\(port)\(path)", count: count)
            let written = "<%{http_version} %{http_code}>"
            let words = ["-sZ", "--cacert", certificates.authority, "-H", "X-API-Key: \(key)", "-w", written]
            let text = try Program("curl", package: "curl").run(words + urls).text
            return text.matches(of: /<([0-9. ]+)>/).reduce(into: [:]) { $0[String($1.1), default: 0] += 1 }
        }
        let wrong = try statuses("/401", 50, key: "a")
        #expect(wrong == ["2 401": 3, "2 429": 47])
        for _ in 0..<20 { #expect(try statuses("/200", 2, key: "b") == ["2 200": 2]) }
        #expect(try waitUntil { try site.left("b") == "login: 3 of 3 left" })
        #expect(try site.left() == "login: 0 of 3 left")
    }
}
