import Foundation
import Servers
import Testing

@Suite("nginx's guard")
struct NginxGuardTests {
    private static let proxied = """
        include @nginx@/guard-server.conf;
        location / {
            include @nginx@/guard.conf;
            proxy_pass http://127.0.0.1:@app@;
        }
        """

    @Test("--store-header on names who decided")
    func storeHeader() throws {
        let client = try NginxSite(Self.proxied, flags: ["--store-header", "on"]).client()
        for _ in 0..<11 { #expect(try client.get("/")["X-RateLimit-Store"] == "embedded") }
        #expect(try client.get("/").status == 429)
        #expect(try NginxSite(Self.proxied).client().get("/")["X-RateLimit-Store"] == nil)
    }

    @Test("the connection to the limiter is kept after an admission and after a refusal")
    func keptConnection() throws {
        let site = try NginxSite(Self.proxied)
        let client = site.client()
        let folder = "/proc/\(site.limiter.pid)/fd"
        func sockets() throws -> Set<String> {
            let links = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
            }
            return Set(links.filter { $0.hasPrefix("socket:") })
        }
        let before = try sockets()
        #expect(try client.get("/").status == 200)
        let kept = try sockets()
        #expect(kept.subtracting(before).count == 1)
        for _ in 0..<12 { _ = try client.get("/") }
        #expect(try client.get("/").status == 429)
        #expect(try sockets() == kept)
    }

    @Test("requests pass while the limiter is down, and are counted again afterwards")
    func open() throws {
        let site = try NginxSite(Self.proxied)
        let client = site.client()
        expectCounted(try client.get("/"), left: 9, policy: "ten")
        site.limiter.send(SIGKILL)
        #expect(site.limiter.waitForEnd(deadline: 10) != nil)
        for _ in 0..<15 { expectUncounted(try client.get("/")) }
        try expectEcho(client.send("PUT", "/", body: [1, 2, 3]), "PUT", "/", length: 3)
        try site.limiter.restart()
        expectCounted(try client.get("/"), left: 8, policy: "ten")
    }

    @Test(
        "with deny, requests get 503 while the limiter is down",
        arguments: ["server", "location"])
    func closed(place: String) throws {
        let deny = "set $fcgi_limiter_when_down deny;"
        let site = try NginxSite(
            place == "server"
                ? Self.proxied.replacing("location /", with: deny + "location /")
                : Self.proxied.replacing("proxy_pass", with: deny + "proxy_pass"))
        let client = site.client()
        expectCounted(try client.get("/"), left: 9, policy: "ten")
        expectCounted(try client.get("/?status=403"), left: 8, policy: "ten", status: 403)
        site.limiter.send(SIGKILL)
        #expect(site.limiter.waitForEnd(deadline: 10) != nil)
        for method in ["GET", "PUT", "HEAD"] {
            let answer = try client.send(method, "/a.png", body: method == "PUT" ? [1, 2, 3] : nil)
            #expect(answer.status == 503)
            #expect(answer["Retry-After"] == "1")
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer["Content-Type"] == "application/problem+json")
            if method != "HEAD" {
                let type = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"
                #expect(try answer.json()["type"] as? String == type)
                #expect(try answer.json()["status"] as? Int == 503)
            }
            expectNothingInternal(answer)
        }
        try site.limiter.restart()
        expectCounted(try client.get("/"), left: 7, policy: "ten")
    }

    @Test("a limiter that hangs delays a request by two seconds")
    func hanging() throws {
        let site = try NginxSite(Self.proxied)
        site.limiter.send(SIGSTOP)
        let status = "/proc/\(site.limiter.pid)/status"
        #expect(try waitUntil { try String(contentsOfFile: status, encoding: .utf8).contains("State:\tT") })
        let began = ContinuousClock.now
        expectUncounted(try site.client().get("/"))
        #expect((.seconds(1.5)...(.seconds(10))).contains(ContinuousClock.now - began))
    }

    @Test("requests that follow six late answers do not wait for a limiter that hangs")
    func notWaitedFor() throws {
        let limiter = try LimiterProcess(rules: Rules.ten)
        let app = try PythonSite()
        let example = try Template(file: "nginx/guard-example.conf").replacing(
            "unix:@folder@/fcgi-limiter.sock", with: "unix:\(limiter.socket)")
        let values = ["site": Template.path("Tests/Sites/php"), "php": "/none", "app": "\(app.port)"]
        let nginx = try NginxServer(example, values, companions: [limiter, app])
        limiter.send(SIGSTOP)
        let status = "/proc/\(limiter.pid)/status"
        #expect(try waitUntil { try String(contentsOfFile: status, encoding: .utf8).contains("State:\tT") })
        let late = (0..<6).map { "http://127.0.0.1:\(nginx.port)/\($0)" }
        let words = ["-sZ", "-H", "Host: app.localhost", "-o", "/dev/null", "-w", "%{http_code} "]
        let outcome = try Program("curl", package: "curl").run(words + late)
        #expect(outcome.text.hasPrefix("200 "))

        let client = HTTPClient(nginx, port: nginx.port, host: "app.localhost")
        let began = ContinuousClock.now
        for _ in 0..<30 { expectUncounted(try client.get("/")) }
        // Each would wait for two seconds.
        #expect(ContinuousClock.now - began < .seconds(10))
        #expect(nginx.logText.contains("no live upstreams"))
    }

    @Test("a socket that nobody listens on is tried six times, not with every request")
    func notTriedAgain() throws {
        let folder = try TemporaryFolder()
        let example = try Template(file: "nginx/guard-example.conf").replacing(
            "unix:@folder@/fcgi-limiter.sock", with: "unix:\(folder.path("missing.sock"))")
        let app = try PythonSite()
        let values = ["site": Template.path("Tests/Sites/php"), "php": "/none", "app": "\(app.port)"]
        let nginx = try NginxServer(example, values, companions: [app, folder])
        let client = HTTPClient(nginx, port: nginx.port, host: "app.localhost")
        for _ in 0..<30 { expectUncounted(try client.get("/")) }
        #expect(nginx.logText.components(separatedBy: "connect() to unix:").count - 1 == 6)
    }

    @Test("a limiter with deny answers 503 while its store fails")
    func failingStore() throws {
        let flags = ["--on-store-failure", "deny"]
        let limiter = try LimiterProcess(store: "redis+unix:/nowhere/redis.sock", flags: flags)
        let app = try PythonSite()
        let nginx = try NginxServer(
            NginxSite.template(Self.proxied), ["socket": limiter.socket, "app": "\(app.port)"],
            companions: [limiter, app])
        let answer = try nginx.client().get("/api/data")
        #expect(answer.status == 503)
        #expect(answer["Content-Type"] == "application/problem+json")
        #expect(answer["Retry-After"] == "1")
        #expect(answer["Cache-Control"] == "no-store")
        #expect(try answer.json()["status"] as? Int == 503)
        expectNothingInternal(answer)
    }

    @Test("a request with more headers than nginx can send to the limiter gets 431", arguments: [true, false])
    func oversized(isLimiterUp: Bool) throws {
        let site = try NginxSite("large_client_header_buffers 8 32k;" + Self.proxied)
        let client = site.client()
        let long = String(repeating: "x", count: 30_000)
        // Two such headers still fit into a FastCGI record.
        expectCounted(
            try client.get("/", headers: ["User-Agent": long, "X-Forwarded-For": long]), left: 9, policy: "ten")
        if !isLimiterUp {
            site.limiter.send(SIGKILL)
            #expect(site.limiter.waitForEnd(deadline: 10) != nil)
        }
        for _ in 0..<12 {
            let headers: KeyValuePairs = ["X-API-Key": long, "X-Forwarded-For": long, "User-Agent": long]
            let answer = try client.get("/", headers: headers)
            expectUncounted(answer, status: 431)
            #expect(answer["Content-Type"] == "application/problem+json")
            #expect(try answer.json()["status"] as? Int == 431)
        }
    }

    @Test("a banned client gets the limiter's 403, another client the site's own")
    func banned() throws {
        let site = try NginxSite(rules: "banned: [{ api_key: bad }]\n" + Rules.ten, Self.proxied)
        let answer = try site.client().get("/", headers: ["X-API-Key": "bad"])
        expectUncounted(answer, status: 403)
        #expect(answer["Content-Type"] == "application/problem+json")
        #expect(answer["Cache-Control"] == "no-store")
        #expect(try answer.json()["status"] as? Int == 403)
        let own = try site.client().get("/?status=403")
        expectCounted(own, left: 9, policy: "ten", status: 403)
        #expect(own["Cache-Control"] == nil)
        try expectEcho(own, "GET", "/?status=403")
    }

    @Test(
        "a request is counted once and keeps its status although nginx checks access several times",
        arguments: [
            ("/", 200, "index"),
            ("/folder/", 200, "in the folder"),
            ("/try/this", 200, "tried"),
            ("/rewritten", 200, "index"),
            ("/missing", 404, "our 404"),
            ("/folder/missing", 404, "our 404"),
            ("/forbidden", 403, "our 403"),
            ("/ssi.shtml", 200, "index and in the folder"),
        ])
    func once(path: String, status: Int, body: String) throws {
        let site = try NginxSite(
            """
            include @nginx@/guard-server.conf;
            root @folder@/site;
            index index.html;
            ssi on;
            ssi_types *;
            # A location's own error_page takes the place of these.
            error_page 404 /404.html;
            error_page 403 /403.html;
            location / {
                include @nginx@/guard.conf;
                error_page 404 /404.html;
            }
            location /try/ {
                include @nginx@/guard.conf;
                try_files $uri /tried.html;
            }
            location = /rewritten {
                include @nginx@/guard.conf;
                rewrite ^ /index.html last;
            }
            location = /forbidden {
                include @nginx@/guard.conf;
                root @folder@/none;
                try_files $uri =403;
            }
            """,
            files: [
                "site/index.html": "index", "site/folder/index.html": "in the folder", "site/tried.html": "tried",
                "site/404.html": "our 404", "site/403.html": "our 403",
                "site/ssi.shtml":
                    #"<!--#include virtual="/index.html" --> and <!--#include virtual="/folder/index.html" -->"#,
            ])
        let client = site.client()
        for left in (0..<10).reversed() {
            let answer = try client.get(path)
            #expect(answer.text == body)
            expectCounted(answer, left: left, policy: "ten", status: status)
        }
        try expectRefused(client.get(path), policy: "ten")
        // nginx warns about no uninitialized variable.
        #expect(!site.nginx.logText.contains("uninitialized"), "\(site.nginx.logText)")
    }

    @Test("the 403 of an access rule is the site's own, and the site still asks for its password")
    func accessRules() throws {
        let site = try NginxSite(
            """
            include @nginx@/guard-server.conf;
            error_page 403 /403.html;
            location = /403.html { root @folder@; }
            location /denied {
                include @nginx@/guard.conf;
                deny all;
                proxy_pass http://127.0.0.1:@app@;
            }
            location /secret {
                include @nginx@/guard.conf;
                auth_basic "a site's own";
                auth_basic_user_file @folder@/passwords;
                proxy_pass http://127.0.0.1:@app@;
            }
            """,
            files: ["403.html": "our 403", "passwords": "ann:{PLAIN}secret\n"])
        let denied = try site.client().get("/denied")
        #expect(denied.status == 403)
        #expect(denied.text == "our 403")
        let client = site.client()
        #expect(try client.get("/secret").status == 401)
        let login = "Basic " + Data("ann:secret".utf8).base64EncodedString()
        let answer = try client.get("/secret", headers: ["Authorization": login])
        #expect(answer.status == 200)
        try expectEcho(answer, "GET", "/secret")
    }

    @Test("the limiter's permission does not replace a password under satisfy any")
    func satisfyAny() throws {
        let site = try NginxSite(
            """
            satisfy any;
            auth_basic "a site's own";
            auth_basic_user_file @folder@/passwords;
            \(Self.proxied)
            """,
            files: ["passwords": "ann:{PLAIN}secret\n"])
        #expect(try site.client().get("/").status == 401)
        #expect(throws: ServerError.self) {
            try NginxSite(Self.proxied.replacing("proxy_pass", with: "satisfy any; proxy_pass"))
        }
    }

    @Test("the limiter gets the variables that rules read, User-Agent, and those in fcgi-limiter.d")
    func variables() throws {
        let usual: Set = ["FCGI_LIMITER_FRONT", "REQUEST_METHOD", "REQUEST_URI", "REMOTE_ADDR"]
        let headers: KeyValuePairs = [
            "X-API-Key": "k", "Cookie": "sid=1", "X-Forwarded-For": "203.0.113.9", "X-A": "b",
            "User-Agent": "curl/8",
        ]
        let addition = ["fcgi-limiter.d/cookie.conf": "fastcgi_param HTTP_COOKIE $http_cookie if_not_empty;\n"]
        for (files, expected) in [
            ([:], usual.union(["HTTP_X_API_KEY", "HTTP_X_FORWARDED_FOR", "HTTP_USER_AGENT"])),
            (addition, usual.union(["HTTP_X_API_KEY", "HTTP_X_FORWARDED_FOR", "HTTP_USER_AGENT", "HTTP_COOKIE"])),
        ] {
            let probe = try FastCGIProbe()
            let app = try PythonSite()
            let nginx = try NginxServer(
                NginxSite.template(Self.proxied), ["socket": probe.socket, "app": "\(app.port)"], files: files,
                companions: [app])
            #expect(try nginx.client().get("/", headers: headers).status == 200)
            #expect(Set(probe.variables().keys) == expected)
            #expect(try nginx.client().get("/").status == 200)
            #expect(Set(probe.variables().keys) == usual)
        }
    }

    @Test("a rule can read a cookie that a file in fcgi-limiter.d sends")
    func cookie() throws {
        let rules = Rules.ten.replacing("api_key or address", with: "cookie sid or address")
        let site = try NginxSite(
            rules: rules, Self.proxied,
            files: ["fcgi-limiter.d/cookie.conf": "fastcgi_param HTTP_COOKIE $http_cookie if_not_empty;\n"])
        let client = site.client()
        expectCounted(try client.get("/", headers: ["Cookie": "sid=1"]), left: 9, policy: "ten")
        expectCounted(try client.get("/", headers: ["Cookie": "sid=1"]), left: 8, policy: "ten")
        expectCounted(try client.get("/", headers: ["Cookie": "sid=2"]), left: 9, policy: "ten")
    }

    @Test("an answer about thirty policies fits into nginx's buffer")
    func manyPolicies() throws {
        let names = (10..<40).map { "a-policy-with-a-long-name-number-\($0)" }
        let policies = names.map { "  \($0): { limit: 10 per minute, algorithm: sliding_window }\n" }.joined()
        let rules = """
            policies:
            \(policies)rules:
              - { match: { path: /** }, count: address, policies: [\(names.joined(separator: ", "))] }

            """
        let client = try NginxSite(rules: rules, Self.proxied).client()
        for _ in 0..<10 { #expect(try client.get("/")["RateLimit-Policy"]?.contains(names[29]) == true) }
        let refused = try client.get("/")
        #expect(refused.status == 429)
        #expect(try refused.json()["violated-policies"] as? [String] == names)
    }

    @Test("a request with 120 policies of long names is refused like any other, and the headers name the governing one")
    func tooManyPolicies() throws {
        let names = (0..<120).map { "\(String(repeating: "n", count: 60))\($0)" }
        let governing = try #require(names.last)
        let policies = names.map { "  \($0): { limit: \($0 == governing ? 3 : 10_000) per minute }\n" }.joined()
        let rules = "policies:\n\(policies)rules:\n  - { policies: [\(names.joined(separator: ", "))] }\n"
        let client = try NginxSite(rules: rules, Self.proxied).client()
        for number in 1...6 {
            let answer = try client.get("/")
            #expect(answer.status == (number <= 3 ? 200 : 429))
            #expect(answer["X-RateLimit-Remaining"] == "\(max(0, 3 - number))")
            #expect(answer["RateLimit"]?.contains("\"\(governing)\";r=\(max(0, 3 - number));") == true)
            #expect((1_600...2_048).contains(answer["RateLimit-Policy"]?.utf8.count ?? 0))
            if number > 3 { #expect(try answer.json()["violated-policies"] as? [String] == [governing]) }
        }
    }

    @Test("a client cannot reach the internal location")
    func internalPath() throws {
        let client = try NginxSite(Self.proxied).client()
        expectUncounted(try client.get("/.fcgi-limiter"), status: 404)
    }
}
