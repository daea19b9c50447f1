import Foundation
import Servers
import Testing

@Suite("nginx/README.md")
struct NginxGuideTests {
    /// An nginx and a limiter that were set up by following the guide.
    private final class Machine {
        let followed: FollowedGuide
        let limiter: ServerProcess
        let nginx: NginxServer

        init(
            hasDashboard: Bool = false, rules: (String) throws -> String = { $0 },
            change: (String) throws -> String = { $0 }
        ) throws {
            followed = try FollowedGuide("nginx/README.md", hasDashboard: hasDashboard)
            let root = followed.root
            try root.write(rules(root.text(of: "etc/fcgi-limiter/limits.yaml")), to: "etc/fcgi-limiter/limits.yaml")
            limiter = try Self.service("fcgi-limiter", followed)
            let dashboard = hasDashboard ? try Self.service("fcgi-limiter-dashboard", followed) : nil
            let configuration = try change(Self.configuration(followed))
            nginx = try NginxServer(
                Template(http: configuration), files: Self.files(followed),
                companions: [followed, limiter] + (dashboard.map { [$0] } ?? []))
        }

        /// Starts the service of the installed units with this name.
        static func service(_ name: String, _ followed: FollowedGuide) throws -> ServerProcess {
            let root = followed.root
            let units = "usr/lib/systemd/system/\(name)."
            let text = root.text(of: units + "socket") + root.text(of: units + "service")
            let lines = text.split(separator: "\n").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
            func values(_ name: String) -> [String] {
                lines.filter { $0[0] == name }.map { followed.guide.moved($0[1]) }
            }

            let socket = try #require(values("ListenStream").first)
            let file = try #require(values("EnvironmentFile").first?.dropFirst())
            let settings = try String(contentsOfFile: String(file), encoding: .utf8)
            var environment = ["STATE_DIRECTORY": root.path("var/lib/fcgi-limiter")]
            for line in values("Environment") + settings.split(separator: "\n").map(String.init) {
                let parts = line.split(separator: "=", maxSplits: 1)
                if parts.count == 2 { environment[String(parts[0])] = String(parts[1]) }
            }
            var words = try #require(lines.first { $0[0] == "ExecStart" }?[1].split(separator: " ").map(String.init))
            #expect(words.suffix(2) == ["--listen", "systemd"])
            words[words.count - 1] = "unix:\(socket)"
            let rest = words.dropFirst() + ["--socket-mode", "0666"]
            return try ServerProcess(
                Program(at: followed.guide.moved(words[0])), Array(rest), environment: environment, in: root
            ) {
                ServerAddress.unix(path: socket).accepts
            }
        }

        /// The files next to nginx.conf.
        static func files(_ followed: FollowedGuide) throws -> [String: String] {
            var files = ["fastcgi_params": try String(contentsOfFile: "/etc/nginx/fastcgi_params", encoding: .utf8)]
            for (number, text) in followed.texts(in: "etc/nginx/fcgi-limiter.d").enumerated() {
                files["fcgi-limiter.d/\(number).conf"] = text
            }
            let snippets = "snippets/fcgi-limiter"
            for name in try FileManager.default.contentsOfDirectory(atPath: followed.root.path("etc/nginx/\(snippets)"))
            {
                files["\(snippets)/\(name)"] = followed.root.text(of: "etc/nginx/\(snippets)/\(name)")
            }
            return files
        }

        /// The content of `http` in Debian's nginx.conf, on a free port.
        static func configuration(_ followed: FollowedGuide) -> String {
            let own = followed.guide.blocks(of: "nginx").filter { $0.hasPrefix("server {") }
            let sites = followed.texts(in: "etc/nginx/sites-enabled") + own
            return (followed.texts(in: "etc/nginx/conf.d") + sites).joined(separator: "\n")
                .replacing("listen 80", with: "listen @port@").replacing("listen [::]:80", with: "listen [::1]:@port@")
        }

        func client(_ host: String) -> HTTPClient { HTTPClient(self, port: nginx.port, host: host) }
    }

    @Test("following its steps gives guarded sites with the documented answers")
    func followed() throws {
        let machine = try Machine(hasDashboard: true)
        try machine.followed.expectExchanges(port: machine.nginx.port)
        let users = machine.followed.root.path("etc/nginx/fcgi-limiter.users")
        #expect(try FileManager.default.attributesOfItem(atPath: users)[.posixPermissions] as? Int == 0o640)
        #expect(machine.nginx.logText == "")
    }

    @Test("requests pass while the limiter is down, and get 503 with deny", arguments: [false, true])
    func down(isClosed: Bool) throws {
        let guide = try Guide("nginx/README.md", in: "")
        let line = try #require(guide.blocks(of: "nginx").first { $0.contains("when_down deny") })
        let machine = try Machine(change: { text in
            isClosed ? text.replacing("guard-server.conf;", with: "guard-server.conf;\n" + line) : text
        })
        machine.limiter.stop()
        for host in ["php.localhost", "app.localhost"] {
            let answer = try machine.client(host).get("/api/data")
            #expect(answer.status == (isClosed ? 503 : 200))
            #expect(answer["Retry-After"] == (isClosed ? "1" : nil))
        }
        #expect(machine.nginx.logText.contains("(2: No such file or directory)"))
    }

    @Test("the documented lists ban and exempt clients, and a reload changes them")
    func lists() throws {
        let guide = try Guide("nginx/README.md", in: "")
        let lists = try #require(guide.blocks(of: "yaml").first)
        let machine = try Machine(rules: { lists + $0 })
        let client = machine.client("app.localhost")
        for _ in 0..<12 { expectUncounted(try client.get("/api/data")) }
        expectUncounted(try client.get("/api/data", headers: ["X-API-Key": "stolen"]), status: 403)
        try machine.followed.root.write(Rules.ten, to: "etc/fcgi-limiter/limits.yaml")
        machine.limiter.send(SIGHUP)
        #expect(try waitUntil { try client.get("/")["X-RateLimit-Limit"] == "10" })
    }

    @Test("check --nginx prints the documented lines")
    func variables() throws {
        let folder = try TemporaryFolder()
        let rules = """
            policies: { p: { limit: 1 per day } }
            rules: [{ match: { host: php.localhost }, count: cookie sid or address, policies: [p] }]

            """
        let path = try folder.write(rules, to: "limits.yaml")
        let outcome = try Program(built: "fcgi-limiter").run(["check", "--nginx", path])
        let guide = try Guide("nginx/README.md", in: "")
        let shown = try #require(guide.blocks(of: "nginx").first { $0.contains("HTTP_COOKIE") })
        #expect(outcome.text.split(separator: "\n").dropFirst().joined(separator: "\n") + "\n" == shown)
    }

    @Test("a rules file that cannot be used leaves the include for nginx as it is", arguments: ["rules: [", nil])
    func unusable(rules: String?) throws {
        let followed = try FollowedGuide("nginx/README.md")
        let step = try #require(followed.guide.steps.first { $0.contains("check --nginx") })
        let include = "etc/nginx/fcgi-limiter.d/rules.conf"
        let before = followed.root.text(of: include)
        #expect(before.hasPrefix("# "))
        try FileManager.default.removeItem(atPath: followed.root.path("etc/fcgi-limiter/limits.yaml"))
        if let rules { try followed.root.write(rules, to: "etc/fcgi-limiter/limits.yaml") }
        let outcome = try followed.run(step)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("limits.yaml"))
        #expect(followed.root.text(of: include) == before)
    }

    /// Mistakes, nginx's messages as the guide quotes them, and the status of a guarded request if nginx starts.
    static let mistakes: [(name: String, http: String, message: String, status: Int?)] = [
        (
            "no upstream", "server { listen @port@; SERVER location / { GUARD } }",
            #"no port in upstream "fcgi_limiter""#, 431
        ),
        (
            "no guard-server.conf", "UPSTREAM server { listen @port@; location / { GUARD } }",
            #"unknown "fcgi_limiter_needs_guard_server_conf" variable"#, nil
        ),
        (
            "guard-server.conf in another server",
            "UPSTREAM server { listen @port@; location / { GUARD } } server { listen @port@; server_name b; SERVER }",
            #"could not find named location "@fcgi_limiter_error""#, 500
        ),
        ("guard-server.conf in http", "UPSTREAM SERVER", #""set" directive is not allowed here"#, nil),
        (
            "guard-server.conf in a location", "UPSTREAM server { listen @port@; location /api { SERVER GUARD } }",
            #"location "/.fcgi-limiter" is outside location"#, nil
        ),
        (
            "guard.conf twice", "UPSTREAM server { listen @port@; SERVER location / { GUARD GUARD } }",
            #""auth_request" directive is duplicate"#, nil
        ),
        (
            "satisfy any", "UPSTREAM server { listen @port@; SERVER location / { GUARD satisfy any; } }",
            #""satisfy" directive is duplicate"#, nil
        ),
        (
            "no limiter", "UPSTREAM server { listen @port@; SERVER location / { GUARD root @folder@; } }",
            "connect() to unix:/run/fcgi-limiter.sock failed (2: No such file or directory)", 200
        ),
    ]

    @Test("the documented error messages are those of nginx", arguments: mistakes)
    func mistake(name: String, http: String, message: String, status: Int?) throws {
        let root = try TemporaryFolder()
        let guide = try Guide("nginx/README.md", in: root.path)
        let message = guide.moved(message)
        #expect(guide.text.contains("`\(message)`"))
        try FileManager.default.createDirectory(atPath: root.path("run"), withIntermediateDirectories: true)
        let text =
            http
            .replacing("UPSTREAM", with: "upstream fcgi_limiter { server unix:\(root.path("run/fcgi-limiter.sock")); }")
            .replacing("SERVER", with: "include @nginx@/guard-server.conf;")
            .replacing("GUARD", with: "include @nginx@/guard.conf;")
        do {
            let nginx = try NginxServer(Template(http: text), files: ["file": "a file"])
            #expect(try nginx.client().get("/file").status == status)
            #expect(nginx.logText.contains(message))
        } catch let error as ServerError {
            #expect(status == nil)
            #expect(error.description.contains(message))
        }
    }

    @Test("an error_page 403 before the guard replaces its refusals, one after it does not", arguments: [true, false])
    func errorPage(isAbove: Bool) throws {
        let site = try NginxSite(
            """
            include @nginx@/guard-server.conf;
            location = /403.html { return 200 ours; }
            location / {
                \(isAbove ? "error_page 403 /403.html;" : "")
                include @nginx@/guard.conf;
                \(isAbove ? "" : "error_page 403 /403.html;")
                proxy_pass http://127.0.0.1:@app@;
            }
            """)
        for _ in 0..<10 { #expect(try site.client().get("/").status == 200) }
        #expect(try site.client().get("/").status == (isAbove ? 403 : 429))
    }
}
