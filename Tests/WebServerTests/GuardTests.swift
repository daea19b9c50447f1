import Servers
import Testing

@Suite("A guarded site")
struct GuardTests {
    @Test("ten requests pass, the eleventh is refused, and every header is right", arguments: Setup.allCases)
    func limit(setup: Setup) throws {
        let client = try GuardedSite(setup).client()
        for left in (0..<10).reversed() {
            let answer = try client.get("/api/data?x=1", headers: ["X-API-Key": "one"])
            expectCounted(answer, left: left)
            #expect(answer["Content-Type"] == "application/json")
            try expectEcho(answer, "GET", "/api/data?x=1")
        }
        try expectRefused(client.get("/api/data", headers: ["X-API-Key": "one"]))
        try expectRefused(client.send("HEAD", "/api/data", headers: ["X-API-Key": "one"]), hasBody: false)
        // Other clients are not affected.
        expectCounted(try client.get("/api/data", headers: ["X-API-Key": "two"]), left: 9)
        expectCounted(try client.get("/api/data"), left: 9)
    }

    @Test("requests that no rule counts pass unchanged", arguments: Setup.allCases)
    func unlimited(setup: Setup) throws {
        let client = try GuardedSite(setup).client()
        let answer = try client.get("/elsewhere")
        expectUncounted(answer)
        try expectEcho(answer, "GET", "/elsewhere")
    }

    @Test("the site's own refusals keep their status and body", arguments: Setup.allCases)
    func ownRefusal(setup: Setup) throws {
        let client = try GuardedSite(setup).client()
        for (number, status) in [401, 403, 404, 429, 500, 503].enumerated() {
            let answer = try client.get("/api/data?status=\(status)")
            expectCounted(answer, left: 9 - number, status: status)
            #expect(answer["Content-Type"] == "application/json")
            try expectEcho(answer, "GET", "/api/data?status=\(status)")
            let uncounted = try client.get("/?status=\(status)")
            expectUncounted(uncounted, status: status)
            try expectEcho(uncounted, "GET", "/?status=\(status)")
        }
    }

    @Test(
        "a CORS preflight is counted only by a rule that names OPTIONS",
        arguments: [Setup.pythonBehindNginx, .pythonBehindApache])
    func preflight(setup: Setup) throws {
        let named = "  - { match: { method: OPTIONS, path: /named }, count: address, policies: [ten] }\n"
        let client = try GuardedSite(
            setup, rules: Rules.ten.replacing("rules:\n", with: "rules:\n" + named)
        ).client()
        let headers: KeyValuePairs = ["Origin": "https://a.example", "Access-Control-Request-Method": "PUT"]
        let preflight = try client.send("OPTIONS", "/other", headers: headers)
        expectUncounted(preflight)
        try expectEcho(preflight, "OPTIONS", "/other")
        expectCounted(try client.send("OPTIONS", "/other"), left: 9, policy: "ten")
        expectCounted(try client.send("OPTIONS", "/named", headers: headers), left: 8, policy: "ten")
    }

    @Test("methods and bodies reach the site unchanged", arguments: Setup.allCases)
    func bodies(setup: Setup) throws {
        let client = try GuardedSite(setup, rules: Rules.ten).client()
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 300_000)
        let put = try client.send("PUT", "/file", body: body)
        expectCounted(put, left: 9, policy: "ten")
        try expectEcho(put, "PUT", "/file", length: 300_000)

        let head = "POST /file HTTP/1.1\r\nHost: \(client.host)\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunked = try client.send(bytes: Array((head + "5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n").utf8))
        expectCounted(chunked, left: 8, policy: "ten")
        try expectEcho(chunked, "POST", "/file", length: 8)

        let empty = try client.send("POST", "/file", body: [])
        expectCounted(empty, left: 7, policy: "ten")
        try expectEcho(empty, "POST", "/file")

        let onlyHead = try client.send("HEAD", "/file")
        expectCounted(onlyHead, left: 6, policy: "ten")
        #expect(onlyHead.body.isEmpty)
        #expect(try client.send("DELETE", "/file").status == 200)
    }

    @Test("an upload over the limit is refused regardless of its size", arguments: Setup.allCases)
    func refusedUpload(setup: Setup) throws {
        let client = try GuardedSite(setup, rules: Rules.ten).client()
        for _ in 0..<10 { #expect(try client.get("/").status == 200) }
        for size in [0, 1, 300_000] {
            let body = [UInt8](repeating: UInt8(ascii: "x"), count: size)
            try expectRefused(client.send("PUT", "/file.png", body: body), policy: "ten")
        }
    }

    @Test("a WebSocket is upgraded, and counted once", arguments: [Setup.pythonBehindNginx, .pythonBehindApache])
    func webSocket(setup: Setup) throws {
        let site = try GuardedSite(setup, rules: Rules.ten)
        for left in (0..<10).reversed() {
            let client = site.client()
            let answer = try client.get("/socket", headers: ["Connection": "Upgrade", "Upgrade": "websocket"])
            // Apache sends no other headers with 101.
            if setup.isNginx {
                expectCounted(answer, left: left, policy: "ten", status: 101)
            } else {
                expectUncounted(answer, status: 101)
            }
            #expect(answer["Upgrade"] == "websocket")
            #expect(try client.talk("hello") == "HELLO")
            #expect(try client.talk("again") == "AGAIN")
        }
        let refused = try site.client().get("/socket", headers: ["Connection": "Upgrade", "Upgrade": "websocket"])
        try expectRefused(refused, policy: "ten")
    }

    @Test(
        "a request is counted once although the web server checks it twice",
        arguments: [
            (Setup.phpBehindNginx, ["/", "/index.php", "/no/such/file", "/file.txt", "/file.txt/"]),
            (.phpBehindApache, ["/", "/index.php", "/no/such/file", "/file.txt"]),
        ])
    func once(setup: Setup, paths: [String]) throws {
        let client = try GuardedSite(setup, rules: Rules.ten).client()
        for (number, path) in paths.enumerated() {
            expectCounted(try client.get(path), left: 9 - number, policy: "ten")
        }
    }

    @Test("a client gains nothing by sending the limiter's internal headers", arguments: Setup.allCases)
    func internalNames(setup: Setup) throws {
        let attempts = [
            ["X-Limiter-Status: 200", "X-Limiter-Body: x"],
            ["FCGI_LIMITER_FRONT: @site", "FCGI-LIMITER-FRONT: @site"],
            ["Variable-FCGILIMITER_STATUS: 200", "FCGILIMITER-STATUS: 200", "FCGILIMITER_STATUS: 200"],
            ["REDIRECT-STATUS: 200", "REDIRECT_STATUS: 200", "REDIRECT-FCGILIMITER-STATUS: 200"],
            ["X-Accel-Redirect: /", "X-RateLimit-Remaining: 100", "X-Original-URI: /", "X-Rewrite-URL: /"],
        ]
        let client = try GuardedSite(setup, rules: Template(file: "bench/limits.yaml").text).client()
        for (number, lines) in attempts.enumerated() {
            let head = "GET /api/data HTTP/1.1\r\nHost: \(client.host)\r\nX-API-Key: \(number)\r\n"
            let request = Array((head + lines.map { $0 + "\r\n" }.joined() + "\r\n").utf8)
            for left in (0..<10).reversed() { expectCounted(try client.send(bytes: request), left: left) }
            try expectRefused(client.send(bytes: request))
        }
    }
}
