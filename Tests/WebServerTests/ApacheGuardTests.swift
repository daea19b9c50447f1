import Foundation
import Servers
import Testing

@Suite("Apache's guard")
struct ApacheGuardTests {
    private static let guarded = """
        <Location "/">
            Include @apache@/guard.conf
        </Location>
        <Directory ${folder}/site>
            Require all granted
        </Directory>
        """

    @Test(
        "a request is counted once and keeps its status although Apache checks access several times",
        arguments: [
            ("/", 200, "index"),
            ("/folder/", 200, "in the folder"),
            ("/missing", 404, "our 404"),
            ("/forbidden.txt", 403, "our 403"),
            ("/pretty/path", 200, "rewritten"),
            ("/pretty/missing", 404, "our 404"),
            ("/moved/inside", 200, "in the folder"),
            ("/page", 200, "negotiated"),
            ("/page.html", 200, "negotiated"),
            ("/parts.shtml", 200, "index and in the folder"),
        ])
    func once(path: String, status: Int, body: String) throws {
        let site = try ApacheSite(
            """
            \(Self.guarded)
            <Directory ${folder}/site>
                Options +MultiViews +Includes
                AllowOverride All
                DirectoryIndex index.html
                AddOutputFilter INCLUDES .shtml
                AddType text/html .shtml
                AddLanguage en .en
                ErrorDocument 404 /404.html
                ErrorDocument 403 /403.html
            </Directory>
            """,
            files: [
                "site/index.html": "index", "site/folder/index.html": "in the folder",
                "site/rewritten.html": "rewritten",
                "site/404.html": "our 404", "site/403.html": "our 403", "site/page.html.en": "negotiated",
                "site/forbidden.txt": "no", "site/moved/x": "",
                "site/parts.shtml":
                    #"<!--#include virtual="/index.html" --> and <!--#include virtual="/folder/" -->"#,
                // The site's own rules still apply.
                "site/.htaccess": """
                RewriteEngine On
                RewriteRule ^pretty/path$ rewritten.html
                RewriteRule ^pretty/missing$ no/such/file
                <Files forbidden.txt>
                    Require all denied
                </Files>
                """,
                "site/moved/.htaccess": "RewriteEngine On\nRewriteRule ^inside$ /folder/\n",
            ])
        let client = site.client()
        for left in (0..<10).reversed() {
            let answer = try client.get(path)
            #expect(answer.text == body)
            expectCounted(answer, left: left, policy: "ten", status: status)
        }
        try expectRefused(client.get(path), policy: "ten")
    }

    @Test("a refusal has the limiter's body, even if the site has an ErrorDocument")
    func errorDocuments() throws {
        let site = try ApacheSite(
            rules: "banned: [{ api_key: bad }]\n" + Rules.ten,
            """
            \(Self.guarded)
            ErrorDocument 429 /429.html
            ErrorDocument 403 "our 403"
            <Location "/denied">
                Require all denied
            </Location>
            """, files: ["site/index.html": "index"])
        let client = site.client()
        let banned = try client.get("/", headers: ["X-API-Key": "bad"])
        expectUncounted(banned, status: 403)
        #expect(banned["Content-Type"] == "application/problem+json")
        #expect(try banned.json()["status"] as? Int == 403)
        let own = try client.get("/denied")
        #expect(own.status == 403)
        #expect(own.text == "our 403")
        expectNothingInternal(own)
        for _ in 0..<9 { #expect(try client.get("/").status == 200) }
        try expectRefused(client.get("/"), policy: "ten")
    }

    @Test("the site still asks for its password, and attempts are counted")
    func password() throws {
        let site = try ApacheSite(
            """
            \(Self.guarded)
            <Directory ${folder}/site/secret>
                AuthType Basic
                AuthName "a site's own"
                AuthBasicProvider file
                AuthUserFile ${folder}/passwords
                Require valid-user
            </Directory>
            """,
            files: ["site/secret/index.html": "secret", "passwords": "ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"])
        let client = site.client()
        let asked = try client.get("/secret/")
        expectCounted(asked, left: 9, policy: "ten", status: 401)
        #expect(asked["WWW-Authenticate"] == "Basic realm=\"a site's own\"")
        let login = "Basic " + Data("ann:secret".utf8).base64EncodedString()
        let answer = try client.get("/secret/", headers: ["Authorization": login])
        expectCounted(answer, left: 8, policy: "ten")
        #expect(answer.text == "secret")
    }

    @Test("a request with more headers than mod_fcgid can send is refused, not let through")
    func tooMuch() throws {
        let site = try ApacheSite(Self.guarded, files: ["site/index.html": "index"])
        let client = site.client()
        for (lines, status) in [(3, 200), (7, 200), (9, 431), (20, 431), (90, 431)] {
            let filling = (0..<lines).map { "X-\($0): \(String(repeating: "x", count: 8_000))\r\n" }.joined()
            let answer = try client.send(bytes: Array("GET / HTTP/1.1\r\nHost: localhost\r\n\(filling)\r\n".utf8))
            #expect(answer.status == status, "\(lines) lines")
        }
        // Apache joins repeated headers into one, which is then too long.
        let one = String(repeating: "X-A: \(String(repeating: "x", count: 8_000))\r\n", count: 20)
        #expect(try client.send(bytes: Array("GET / HTTP/1.1\r\nHost: localhost\r\n\(one)\r\n".utf8)).status == 400)
        let path = String(repeating: "a", count: 8_000)
        let long = "GET /?\(path) HTTP/1.1\r\nHost: localhost\r\nX: \(path)\r\nY: \(path)\r\nZ: \(path)\r\n\r\n"
        expectCounted(try client.send(bytes: Array(long.utf8)), left: 7, policy: "ten")
    }

    @Test(
        "requests pass while the limiter cannot start, and are refused with On",
        arguments: [("Off", 200), ("On", 500)])
    func cannotStart(authoritative: String, status: Int) throws {
        let site = try ApacheSite(
            rules: "no rules at all",
            """
            <Location "/">
                Include @apache@/guard.conf
                <If "true">
                    FcgidAccessCheckerAuthoritative \(authoritative)
                </If>
            </Location>
            ProxyPass "/" "http://127.0.0.1:@app@/"
            """)
        let client = site.client()
        let answer = try client.send("PUT", "/x", body: [1, 2, 3])
        expectUncounted(answer, status: status)
        if status == 200 { try expectEcho(answer, "PUT", "/x", length: 3) }
        #expect(site.apache.logText.contains("limits.yaml:1:"))
    }

    @Test("killed limiters are started again and know the counts")
    func killed() throws {
        let site = try ApacheSite(Self.guarded, files: ["site/index.html": "index"])
        let client = site.client()
        expectCounted(try client.get("/"), left: 9, policy: "ten")
        let limiters = site.apache.limiters
        #expect(limiters.count == 1)
        for limiter in limiters { kill(limiter, SIGKILL) }
        // A dying process keeps its socket for a moment.
        #expect(waitUntil { limiters.allSatisfy(hasEnded) })
        expectCounted(try client.get("/"), left: 8, policy: "ten")
    }

    @Test("a limiter that hangs delays one request by FcgidIOTimeout")
    func hanging() throws {
        #expect(try Template(file: "packaging/debian/apache.conf").text.contains("\n    FcgidIOTimeout 10\n"))
        let site = try ApacheSite("FcgidIOTimeout 3\n" + Self.guarded, files: ["site/index.html": "index"])
        let client = site.client()
        expectCounted(try client.get("/"), left: 9, policy: "ten")
        for limiter in site.apache.limiters { kill(limiter, SIGSTOP) }
        // Apache may have started another process in the meantime.
        let began = ContinuousClock.now
        #expect(try waitUntil { try client.get("/")["X-RateLimit-Remaining"] == nil })
        #expect((.seconds(2.5)...(.seconds(15))).contains(ContinuousClock.now - began))
        #expect(try waitUntil { try client.get("/")["X-RateLimit-Remaining"] != nil })
        for limiter in site.apache.limiters { kill(limiter, SIGCONT) }
    }

    @Test("many processes share the store and keep the limit exactly")
    func manyProcesses() throws {
        let log = #"CustomLog /dev/stderr "%{X-API-Key}i got %>s""#
        let site = try ApacheSite("\(Self.guarded)\n\(log)", files: ["site/index.html": "index"])
        let ab = try Program("ab", package: "apache2-utils")
        let url = "http://127.0.0.1:\(site.apache.port)/index.html"
        for key in ["one", "two", "three"] {
            let outcome = try ab.run(["-n", "1000", "-c", "20", "-l", "-k", "-H", "X-API-Key: \(key)", url])
            #expect(outcome.status == 0)
            // ab takes a connection that Apache closes before its first request for a success, so the site's log counts.
            let answers = site.apache.logText.split(separator: "\n").filter { $0.hasPrefix("\(key) got ") }
            #expect(answers.count { $0 == "\(key) got 200" } == 10, "\(outcome.text)")
            #expect(answers.count { $0 == "\(key) got 429" } >= 980)
        }
        #expect(site.apache.limiters.count > 1)
        #expect(try site.client().get("/", headers: ["X-API-Key": "one"]).status == 429)
    }

    @Test("a limiter with deny answers 503 while its store fails")
    func failingStore() throws {
        let site = try ApacheSite(
            """
            FcgidInitialEnv FCGI_LIMITER_STORE redis+unix:/nowhere/redis.sock
            FcgidInitialEnv FCGI_LIMITER_ON_STORE_FAILURE deny
            \(Self.guarded)
            """, files: ["site/index.html": "index"])
        let answer = try site.client().get("/")
        #expect(answer.status == 503)
        #expect(answer["Content-Type"] == "application/problem+json")
        #expect(answer["Retry-After"] == "1")
        #expect(answer["Cache-Control"] == "no-store")
        #expect(try answer.json()["status"] as? Int == 503)
        expectNothingInternal(answer)
    }

    @Test("a rule can read Authorization with FcgidPassHeader")
    func authorization() throws {
        let rules = Rules.ten.replacing("api_key or address", with: "header Authorization or address")
        for (line, left) in [("", 8), ("FcgidPassHeader Authorization", 9)] {
            let site = try ApacheSite(rules: rules, line + "\n" + Self.guarded, files: ["site/index.html": "index"])
            let client = site.client()
            expectCounted(try client.get("/", headers: ["Authorization": "Bearer a"]), left: 9, policy: "ten")
            expectCounted(try client.get("/", headers: ["Authorization": "Bearer b"]), left: left, policy: "ten")
        }
    }
}

/// Whether the process has ended or is a zombie, so that its sockets are closed.
private func hasEnded(_ process: Int32) -> Bool {
    let threads = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
    let line = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    guard let threads, let line else { return true }
    // The state of the first thread, which may end before the others, follows the program's name in parentheses.
    return threads.count == 1 && line.split(separator: ")").last?.split(separator: " ").first == "Z"
}
