import Foundation
import Servers
import Testing

@Suite("docs/recipes.md")
struct RecipeTests {
    /// A section of the document, with the paths of this machine in its blocks.
    private struct Recipe {
        let document: Document

        init(_ title: String) throws {
            let text = try Template(file: "docs/recipes.md").text
            let section = text.components(separatedBy: "\n## ").first { $0.hasPrefix(title + "\n") }
            document = Document(text: try #require(section, "docs/recipes.md has no section \(title)"))
        }

        /// The rules.
        var rules: String { get throws { try block("yaml") } }

        /// The block in a language.
        func block(_ language: String) throws -> String {
            try #require(document.blocks(of: language).first)
                .replacing("snippets/fcgi-limiter/", with: Template.path("nginx") + "/")
                .replacing("/usr/share/fcgi-limiter/", with: Template.path("") + "/")
                .replacing("127.0.0.1:8000", with: "127.0.0.1:@app@")
                .replacing("include fastcgi_params", with: "include /etc/nginx/fastcgi_params")
                .replacing(#/\/etc\/(?:nginx|apache2)\/fcgi-limiter.users/#, with: "@folder@/passwords")
        }

        /// The recipe's location in a guarded nginx.
        func nginx(_ more: String = "", rules: String? = nil, files: [String: String] = [:]) throws -> NginxSite {
            try NginxSite(
                rules: rules ?? self.rules, "include @nginx@/guard-server.conf;\n\(more)\n\(block("nginx"))",
                files: files.merging(["passwords": "ann:{SHA}0nofEXcSAJSXFLGvmfBIpBb11vQ=\n"]) { $1 })
        }
    }

    @Test("WordPress: the login, xmlrpc.php and the administration have limits of their own")
    func wordPress() throws {
        let recipe = try Recipe("WordPress")
        let php = try PHPFPM()
        let site = try TemporaryFolder()
        chmod(site.path, 0o755)
        for name in ["index.php", "wp-login.php", "xmlrpc.php"] {
            try site.write("<?php echo '\(name)';", to: name)
        }
        let limiter = try LimiterProcess(rules: recipe.rules)
        let server = "include @nginx@/guard-server.conf;\nroot \(site.path);\n" + (try recipe.block("nginx"))
        let nginx = try NginxServer(
            NginxSite.template(server.replacing("/run/php/php-fpm.sock", with: php.socket)),
            ["socket": limiter.socket], companions: [php, limiter, site])
        let client = nginx.client()
        func statuses(_ count: Int, _ method: String, _ path: String) throws -> [Int] {
            try (0..<count).map { _ in try client.send(method, path, body: method == "POST" ? [1] : nil).status }
        }
        #expect(try statuses(7, "POST", "/wp-login.php") == [200, 200, 200, 200, 200, 429, 429])
        #expect(try statuses(2, "POST", "//wp-login.php?x=1") == [429, 429])
        #expect(try statuses(2, "GET", "/wp-login.php") == [200, 200])
        #expect(try statuses(3, "POST", "/xmlrpc.php") == [200, 200, 429])
        #expect(try client.get("/wp-admin/")["X-RateLimit-Limit"] == "120")
        #expect(try client.get("/a/post")["X-RateLimit-Limit"] == "20")
        #expect(try client.get("/a/post").text == "index.php")
    }

    @Test("what runs at the same time: two exports of a client, and five of all together", arguments: Server.allCases)
    func exports(server: Server) throws {
        let site = try reported(Recipe("Limit what runs at the same time"), server)
        func begin(_ key: String) throws -> ServerProcess {
            let url = "http://127.0.0.1:\(site.port)/export/all?ms=60000"
            return try ServerProcess(
                Program("curl", package: "curl"), ["-s", "-H", "X-API-Key: \(key)", url], in: TemporaryFolder())
        }
        func status(_ key: String) throws -> Int {
            try site.client().get("/export/one?ms=0", headers: ["X-API-Key": key]).status
        }
        let running = try ["a", "a", "b", "b"].map(begin)
        #expect(try waitUntil { try site.app.work()["running"] == 4 })
        #expect(try status("a") == 429)
        for _ in 0..<5 {
            // A report of Apache may come after the next request.
            #expect(try server == .nginx ? status("c") == 200 : waitUntil { try status("c") == 200 })
        }
        var fifth = try begin("c")
        #expect(
            try waitUntil {
                if fifth.endStatus != nil { fifth = try begin("c") }
                return try site.app.work()["running"] == 5
            })
        #expect(try status("c") == 429)
        #expect(try status("d") == 429)
        running[0].stop()
        switch server {
        case .nginx:
            #expect(try waitUntil { try status("d") == 200 })
            #expect(try status("a") == 200)
        case .apache:
            // Only the end of the export itself frees its unit.
            #expect(try status("d") == 429)
            site.app.kill()
            for key in ["d", "a"] { #expect(try waitUntil { try status(key) == 503 }) }
        }
        withExtendedLifetime(fifth) {}
    }

    @Test("a login: failures are limited, and successes cost nothing", arguments: Server.allCases)
    func login(server: Server) throws {
        let client = try reported(Recipe("Protect a login"), server).client()
        for (path, right, wrong) in [("/login", 302, 401), ("/wp-login.php", 302, 200)] {
            func expect(_ status: Int, _ expected: Int) throws {
                let isAnswered = { try client.send("POST", "\(path)?status=\(status)", body: [1]).status == expected }
                // A report of Apache may come after the next request.
                #expect(try server == .nginx ? isAnswered() : waitUntil(isAnswered))
            }
            for _ in 0..<20 { try expect(right, right) }
            for _ in 0..<5 { try expect(wrong, wrong) }
            try expect(right, 429)
            #expect(try client.get(path).status == 200)
        }
    }

    @Test(
        "an API that is metered by its answers: units in any header, and bytes", arguments: Server.allCases,
        ["X-Cost", "X-Tokens"])
    func metered(server: Server, header: String) throws {
        let recipe = try Recipe("Meter an API by its answers")
        let rules = try recipe.rules.replacing("20 GB", with: "2 kB").replacing("X-Cost", with: header)
        let client = try reported(recipe, server, rules, namesHeader: header != "X-Cost").client()
        func ask(_ path: String, _ key: String) throws -> (status: Int, limits: String?) {
            let answer = try client.get(path, headers: ["X-API-Key": key])
            return (answer.status, answer["RateLimit"])
        }
        #expect(try ask("/v1/chat?\(header)=60000", "a").status == 200)
        #expect(
            try waitUntil { try ask("/v1/chat?\(header)=0", "a").limits?.contains(#""tokens";r=39999;"#) == true })
        #expect(try ask("/v1/chat?\(header)=60000", "a").status == 200)
        #expect(try waitUntil { try ask("/v1/chat?\(header)=0", "a").status == 429 })
        #expect(try ask("/v1/chat?\(header)=0", "b").status == 200)
        // Each answer has some hundred bytes.
        #expect(try (0..<100).contains { _ in try ask("/files/a", "a").status == 429 })
    }

    /// A recipe's site, which reports how requests ended, and its application.
    private struct ReportedRecipe {
        let server: AnyObject
        let port: Int
        let app: PythonSite

        func client() -> HTTPClient { HTTPClient(server, port: port) }
    }

    /// Starts a recipe's site.
    ///
    /// With `namesHeader` it takes the cost from X-Tokens, by the line in docs/rules.md.
    private func reported(
        _ recipe: Recipe, _ server: Server, _ rules: String? = nil, namesHeader: Bool = false
    ) throws -> ReportedRecipe {
        let port = try FreePort().number
        let guide = try Template(file: "docs/rules.md").text
        switch server {
        case .nginx:
            let limiter = try LimiterProcess(rules: rules ?? recipe.rules, flags: ["--reports", "127.0.0.1:\(port)"])
            let app = try PythonSite()
            let locations = try recipe.block("nginx").replacing(
                "include \(Template.path("nginx"))/report.conf;", with: ReportedSite.report(to: port))
            let line = try #require(guide.firstMatch(of: #/`(map "" \$fcgi_limiter_cost [^`]+)`/#)?.output.1)
            let text = NginxSite.template("include @nginx@/guard-server.conf;\n" + locations).text.replacing(
                "upstream fcgi",
                with: "include @nginx@/report-format.conf;\n\(namesHeader ? line : "")\nupstream fcgi")
            let nginx = try NginxServer(
                Template(text: text), ["socket": limiter.socket, "app": "\(app.port)"], companions: [limiter, app])
            return ReportedRecipe(server: nginx, port: nginx.port, app: app)
        case .apache:
            let line = try #require(guide.firstMatch(of: #/`(Define FCGI_LIMITER_COST [^`]+)`/#)?.output.1)
            let site = try ApacheSite(
                rules: rules ?? recipe.rules,
                """
                Define FCGI_LIMITER_REPORTS 127.0.0.1:\(port)
                FcgidInitialEnv FCGI_LIMITER_REPORTS ${FCGI_LIMITER_REPORTS}
                \(namesHeader ? line : "")
                \(recipe.block("apache"))
                """)
            return ReportedRecipe(server: site, port: site.apache.port, app: site.app)
        }
    }

    @Test("a JSON API: each plan has its quota, and an unknown key counts for its address")
    func plans() throws {
        let recipe = try Recipe("A JSON API with plans")
        let folder = try TemporaryFolder()
        let keys = try folder.write(recipe.block("text"), to: "keys.txt")
        chmod(keys, 0o600)
        let site = try recipe.nginx(rules: recipe.rules.replacing("keys.txt", with: keys))
        let client = site.client()
        func admitted(_ key: String) throws -> Int {
            try (0..<10).count { _ in try client.get("/v1/x", headers: ["X-API-Key": key]).status == 200 }
        }
        #expect(try admitted("alice-key") == 5)
        #expect(try admitted("bob-key") == 8)
        #expect(try admitted("unknown") == 3)
        #expect(try admitted("") == 0)
        #expect(folder.text(of: "keys.txt").contains("sha256:"))
    }

    @Test("a CDN: clients are counted by the address that the CDN sends, and others cannot send one")
    func network() throws {
        let recipe = try Recipe("A site behind a CDN")
        func left(_ site: NginxSite, _ address: String) throws -> String? {
            try site.client().get("/", headers: ["X-Forwarded-For": address])["X-RateLimit-Remaining"]
        }
        let behind = try recipe.nginx(rules: recipe.rules.replacing("192.0.2.0/24", with: "127.0.0.1"))
        #expect(try left(behind, "198.51.100.1") == "4")
        #expect(try left(behind, "198.51.100.2") == "4")
        #expect(try left(behind, "203.0.113.1, 198.51.100.2") == "3")
        let direct = try recipe.nginx()
        #expect(try left(direct, "198.51.100.1") == "4")
        #expect(try left(direct, "198.51.100.2") == "3")
    }

    @Test("a password: guesses are limited", arguments: Server.allCases)
    func password(server: Server) throws {
        let recipe = try Recipe("A password")
        let client =
            switch server {
            case .nginx: try recipe.nginx().client()
            case .apache:
                try ApacheSite(
                    rules: recipe.rules, recipe.block("apache"),
                    files: ["passwords": "ann:{SHA}0nofEXcSAJSXFLGvmfBIpBb11vQ=\n"]
                ).client()
            }
        let wrong = "Basic \(Data("ann:wrong".utf8).base64EncodedString())"
        let statuses = try (0..<21).map { _ in
            try client.get("/secret/x", headers: ["Authorization": wrong, "X-API-Key": "ignored"]).status
        }
        #expect(statuses == Array(repeating: 401, count: 20) + [429])
        #expect(try client.get("/elsewhere").status == (server == .nginx ? 404 : 200))
    }

    @Test("WebSockets and server-sent events: a connection counts once, and events arrive at once")
    func streams() throws {
        let site = try Recipe("WebSockets and server-sent events").nginx()
        let socket = site.client()
        let opened = try socket.get("/socket", headers: ["Connection": "Upgrade", "Upgrade": "websocket"])
        #expect(opened.status == 101)
        #expect(opened["X-RateLimit-Remaining"] == "4")
        for word in ["one", "two"] { #expect(try socket.talk(word) == word.uppercased()) }
        // The application sends nothing after the first event, and does not end the answer.
        let events = try Program("curl", package: "curl").run(
            ["-sN", "--max-time", "2", "http://127.0.0.1:\(site.nginx.port)/events"])
        #expect(events.text == "data: first\n")
        #expect(try site.client().get("/events?")["X-RateLimit-Remaining"] == "2")
    }

    @Test("large uploads: a refused one is answered before its body is sent")
    func uploads() throws {
        let site = try Recipe("Large uploads").nginx()
        let client = site.client()
        for _ in 0..<2 {
            let body = [UInt8](repeating: 0, count: 3_000_000)
            let answer = try client.send("PUT", "/upload/a", body: body)
            try expectEcho(answer, "PUT", "/upload/a", length: 3_000_000)
        }
        let head = "PUT /upload/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000000\r\n\r\n"
        #expect(try client.send(bytes: Array(head.utf8)).status == 429)
        #expect(try client.get("/upload/a").status == 200)
    }

    @Test("two sites: each has the rules of its own limiter", arguments: Server.allCases)
    func twoSites(server: Server) throws {
        let recipe = try Recipe("Two sites with rules of their own")
        let shop = try LimiterProcess(rules: recipe.rules)
        let other = try LimiterProcess(rules: Rules.ten)
        let app = try PythonSite()
        let values = ["app": "\(app.port)", "other": other.socket]
        let block = try recipe.block(server.rawValue).replacing("/run/fcgi-limiter-shop.sock", with: shop.socket)
        let port: Int
        let running: AnyObject
        switch server {
        case .nginx:
            let second = """
                upstream fcgi_limiter { server unix:@other@; keepalive 4; }
                server {
                    listen @port@;
                    server_name blog.localhost;
                    include @nginx@/guard-server.conf;
                    location / { include @nginx@/guard.conf; proxy_pass http://127.0.0.1:@app@; }
                }
                """
            let nginx = try NginxServer(
                Template(
                    http: block.replacing("listen 80;", with: "listen @port@;")
                        .replacing("listen [::]:80;", with: "") + second),
                values, companions: [shop, other, app])
            (port, running) = (nginx.port, nginx)
        case .apache:
            let second = """
                <VirtualHost *:${port}>
                    ServerName blog.localhost
                    ProxyPass "/" "http://127.0.0.1:@app@/"
                    <Location "/">
                        Define FCGI_LIMITER_SOCKET @other@
                        Include @apache@/guard-daemon.conf
                    </Location>
                </VirtualHost>
                """
            let apache = try ApacheSite(
                block.replacing("*:80>", with: "*:${port}>") + second, values: values, companions: [shop, other]
            ).apache
            (port, running) = (apache.port, apache)
        }
        for (host, policy, limit) in [("shop.localhost", "orders", 3), ("blog.localhost", "ten", 10)] {
            let client = HTTPClient(running, port: port, host: host)
            for left in (0..<limit).reversed() {
                expectCounted(try client.get("/"), left: left, policy: policy, limit: limit)
            }
            try expectRefused(client.get("/"), policy: policy, limit: limit)
        }
    }

    @Test("two sites: each instance of the unit has its own rules, settings, socket and store")
    func units() throws {
        let document = try Recipe("Two sites with rules of their own").document
        func unit(_ kind: String) throws -> Set<String> {
            let outcome = try Program(at: Template.path("packaging/template-unit")).run(
                [Template.path("systemd/fcgi-limiter.\(kind)")])
            return Set(outcome.text.replacing("%i", with: "shop").split(separator: "\n").map(String.init))
        }
        #expect(try unit("socket").contains("ListenStream=/run/fcgi-limiter-shop.sock"))
        #expect(
            try unit("service").isSuperset(of: [
                "Requires=fcgi-limiter@shop.socket", "EnvironmentFile=-/etc/default/fcgi-limiter-shop",
                "RuntimeDirectory=fcgi-limiter-shop", "StateDirectory=fcgi-limiter-shop",
                "Environment=FCGI_LIMITER_STORE=embedded:/run/fcgi-limiter-shop/store",
                "Environment=FCGI_LIMITER_RULES=/etc/fcgi-limiter/shop.yaml",
            ]))
        #expect(document.text.contains("/run/fcgi-limiter-shop.sock"))
        let installed = try FollowedGuide("nginx/README.md").root
        for kind in ["socket", "service"] {
            let text = installed.text(of: "usr/lib/systemd/system/fcgi-limiter@.\(kind)")
            #expect(text.contains("(%i)") && !text.contains("@PREFIX@"))
        }
    }
}
