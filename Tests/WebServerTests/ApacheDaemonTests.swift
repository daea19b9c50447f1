import Foundation
import Servers
import Testing

@Suite("Apache's guard by a running limiter")
struct ApacheDaemonTests {
    /// An Apache with one thread, whose guarded site asks a limiter over its socket.
    private final class Guarded {
        let limiter: LimiterProcess
        let site: ApacheSite

        init(rules: String = Rules.ten, _ more: String = "", in location: String = "") throws {
            limiter = try LimiterProcess(rules: rules)
            site = try ApacheSite(
                """
                Define FCGI_LIMITER_SOCKET \(limiter.socket)
                ServerLimit 1
                ThreadsPerChild 1
                MaxRequestWorkers 1
                \(more)
                <Location "/">
                    Include @apache@/guard-daemon.conf
                    \(location)
                </Location>
                ProxyPass "/" "http://127.0.0.1:@app@/"
                """, companions: [limiter])
        }

        func client() -> HTTPClient { site.client() }
    }

    @Test("ten requests pass, the eleventh is refused, and every header is right")
    func limit() throws {
        let client = try Guarded().client()
        for left in (0..<10).reversed() {
            let answer = try client.send("PUT", "/x?y=1", headers: ["X-API-Key": "one"], body: [1, 2, 3])
            expectCounted(answer, left: left, policy: "ten")
            try expectEcho(answer, "PUT", "/x?y=1", length: 3)
        }
        try expectRefused(client.get("/x", headers: ["X-API-Key": "one"]), policy: "ten")
        try expectRefused(client.send("HEAD", "/x", headers: ["X-API-Key": "one"]), policy: "ten", hasBody: false)
        expectCounted(try client.get("/x", headers: ["X-API-Key": "two"]), left: 9, policy: "ten")
        let page = try client.get("/x", headers: ["X-API-Key": "one", "Accept": "text/html"])
        #expect(page.status == 429)
        #expect(page.text.contains("429 Too Many Requests"))
    }

    @Test(
        "a request is counted once although Apache checks access several times, and the site's refusals are unchanged")
    func once() throws {
        let limiter = try LimiterProcess(rules: Rules.ten)
        let client = try ApacheSite(
            """
            Define FCGI_LIMITER_SOCKET \(limiter.socket)
            <Location "/">
                Include @apache@/guard-daemon.conf
            </Location>
            <Directory ${folder}/site>
                Require all granted
                ErrorDocument 404 /404.html
                DirectoryIndex index.html
            </Directory>
            <Directory ${folder}/site/denied>
                Require all denied
            </Directory>
            ProxyPass "/app" "http://127.0.0.1:@app@"
            """,
            files: ["site/index.html": "index", "site/404.html": "our 404", "site/denied/index.html": "denied"],
            companions: [limiter]
        ).client()
        let rows = [("/", 200, "index"), ("/index.html", 200, "index"), ("/missing", 404, "our 404")]
        for (number, (path, status, body)) in rows.enumerated() {
            let answer = try client.get(path)
            expectCounted(answer, left: 9 - number, policy: "ten", status: status)
            #expect(answer.text == body)
        }
        let own = try client.get("/app/?status=429")
        expectCounted(own, left: 6, policy: "ten", status: 429)
        try expectEcho(own, "GET", "/?status=429")
        #expect(try client.get("/denied/").status == 403)
    }

    @Test("Apache's thread keeps its connection")
    func keptConnection() throws {
        let guarded = try Guarded()
        let folder = "/proc/\(guarded.limiter.pid)/fd"
        func sockets() throws -> Set<String> {
            let links = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
            }
            return Set(links.filter { $0.hasPrefix("socket:") })
        }
        let before = try sockets()
        for _ in 0..<40 { _ = try guarded.client().get("/") }
        #expect(try sockets().subtracting(before).count == 1)
    }

    @Test("requests pass while the limiter is down, and are counted again afterwards", arguments: [false, true])
    func down(isClosed: Bool) throws {
        let guarded = try Guarded(in: isClosed ? "SetEnvIfExpr true FCGI_LIMITER_WHEN_DOWN=deny" : "")
        let client = guarded.client()
        expectCounted(try client.get("/"), left: 9, policy: "ten")
        guarded.limiter.send(SIGKILL)
        #expect(guarded.limiter.waitForEnd(deadline: 10) != nil)
        for _ in 0..<12 {
            let answer = try client.get("/")
            #expect(answer.status == (isClosed ? 503 : 200))
            #expect(answer["Retry-After"] == (isClosed ? "1" : nil))
            #expect(answer["Content-Type"] == (isClosed ? "application/problem+json" : "application/json"))
            if isClosed { #expect(try answer.json()["status"] as? Int == 503) }
        }
        #expect(guarded.site.apache.logText.contains("cannot be asked: "))
        try guarded.limiter.restart()
        #expect(try waitUntil { try client.get("/")["X-RateLimit-Remaining"] != nil })
    }

    @Test("a limiter that was restarted is asked on a new connection, and no request passes uncounted")
    func restart() throws {
        let guarded = try Guarded()
        let client = guarded.client()
        for left in [9, 8] { expectCounted(try client.get("/"), left: left, policy: "ten") }
        guarded.limiter.send(SIGTERM)
        #expect(guarded.limiter.waitForEnd(deadline: 10) == 0)
        try guarded.limiter.restart()
        for left in [7, 6] { expectCounted(try client.get("/"), left: left, policy: "ten") }
    }

    @Test("a limiter that hangs delays the thread once")
    func hanging() throws {
        let guarded = try Guarded()
        guarded.limiter.send(SIGSTOP)
        let status = "/proc/\(guarded.limiter.pid)/status"
        #expect(try waitUntil { try String(contentsOfFile: status, encoding: .utf8).contains("State:\tT") })
        let client = guarded.client()
        // Without the pause it would be one minute.
        let began = ContinuousClock.now
        for _ in 0..<30 { expectUncounted(try client.get("/")) }
        #expect((.seconds(1.5)...(.seconds(20))).contains(ContinuousClock.now - began))
        #expect(guarded.site.apache.logText.contains("cannot be asked: timeout"))
    }

    @Test("a rule reads headers, the host, and what SetEnvIf puts into the environment")
    func variables() throws {
        let rules = """
            policies: { p: { limit: 10 per minute, algorithm: sliding_window } }
            rules:
              - { match: { host: localhost, header: { Content-Type: text/* } }, count: variable COUNTRY, policies: [p] }

            """
        let client = try Guarded(rules: rules, "SetEnvIf X-Country (.+) COUNTRY=$1").client()
        func left(_ country: String) throws -> String? {
            try client.get("/", headers: ["X-Country": country, "Content-Type": "text/plain"])["X-RateLimit-Remaining"]
        }
        #expect(try left("NZ") == "9")
        #expect(try left("NZ") == "8")
        #expect(try left("IS") == "9")
        expectUncounted(try client.get("/", headers: ["X-Country": "NZ"]))
    }

    @Test("a client gains nothing by an underscore, repeated headers, or more headers than fit")
    func evasions() throws {
        let client = try Guarded().client()
        func ask(_ lines: [String]) throws -> HTTPAnswer {
            let head = "GET / HTTP/1.1\r\nHost: localhost\r\n" + lines.map { $0 + "\r\n" }.joined()
            return try client.send(bytes: Array((head + "\r\n").utf8))
        }
        expectCounted(try ask([]), left: 9, policy: "ten")
        expectCounted(try ask(["X_API_Key: other", "FCGI_LIMITER_SOCKET: /none"]), left: 8, policy: "ten")
        expectCounted(try ask(["Content-Length: 0", "Proxy: x"]), left: 7, policy: "ten")
        let filling = (0..<9).map { "X-\($0): \(String(repeating: "x", count: 8_000))" }
        expectUncounted(try ask(filling), status: 431)
        expectCounted(try ask(["X: \(String(repeating: "x", count: 8_000))"]), left: 6, policy: "ten")
    }
}
