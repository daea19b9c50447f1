import Foundation
import Servers
import Testing

@Suite("apache/README.md")
struct ApacheGuideTests {
    /// The modules that Debian enables by default, and mod_fcgid.
    private static let usualModules = [
        "access_compat", "alias", "auth_basic", "authn_core", "authn_file", "authz_core", "authz_host", "authz_user",
        "autoindex", "deflate", "dir", "env", "fcgid", "filter", "mime", "mpm_event", "negotiation", "reqtimeout",
        "setenvif", "status",
    ]

    /// An Apache that was configured by following the guide.
    private final class Machine {
        let followed: FollowedGuide
        let apache: ApacheServer

        init(
            hasDashboard: Bool = false, rules: (String) throws -> String = { $0 }, modules: [String] = [],
            site: (FollowedGuide, String) throws -> String = { $1 }
        ) throws {
            followed = try FollowedGuide("apache/README.md", hasDashboard: hasDashboard)
            let root = followed.root
            try root.write(rules(root.text(of: "etc/fcgi-limiter/limits.yaml")), to: "etc/fcgi-limiter/limits.yaml")
            let text = try site(followed, Self.sites(followed))
            apache = try ApacheServer(
                Template(text: ApacheGuideTests.debian(root, followed.modules + modules, text)), companions: [followed])
        }

        /// The files that the guide writes, and its other blocks of configuration.
        static func sites(_ followed: FollowedGuide) -> String {
            let confs = followed.confs.map { followed.root.text(of: "etc/apache2/conf-available/\($0).conf") }
            // Apache includes them in the order of their names.
            let sites = followed.sites.sorted().map { followed.root.text(of: "etc/apache2/sites-available/\($0).conf") }
            let own = followed.guide.blocks(of: "apache").filter { $0.hasPrefix("<VirtualHost") }
            return (confs + sites + own).joined(separator: "\n")
        }

        func client(_ host: String) -> HTTPClient { HTTPClient(self, port: apache.port, host: host) }
    }

    /// A short form of Debian's apache2.conf with Debian's modules.
    static func debian(_ root: TemporaryFolder, _ enabled: [String], _ text: String) throws -> String {
        var modules = usualModules
        for name in enabled {
            let load = try String(contentsOfFile: "/etc/apache2/mods-available/\(name).load", encoding: .utf8)
            let needed = load.firstMatch(of: #/# Depends: (.*)/#)?.output.1.split(separator: " ").map(String.init) ?? []
            modules += (needed + [name]).filter { !modules.contains($0) }
        }
        let paths = modules.sorted().map { "/etc/apache2/mods-available/\($0)" }
        return """
            ServerRoot @folder@
            DefaultRuntimeDir @folder@
            PidFile @folder@/httpd.pid
            ErrorLog /dev/stderr
            LogLevel warn
            ServerName localhost
            User www-data
            Group www-data
            Listen @port@
            \(paths.map { "Include \($0).load\n" }.joined())
            \(paths.map { "IncludeOptional \($0).conf\n" }.joined())
            <IfModule fcgid_module>
                FcgidIPCDir @folder@/fcgid
                FcgidProcessTableFile @folder@/fcgid/table
                FcgidInitialEnv FCGI_LIMITER_SPOOL \(root.path("dev/shm/spool"))
            </IfModule>
            <Directory />
                AllowOverride None
                Require all denied
            </Directory>
            <Directory \(root.path("var/www/"))>
                AllowOverride None
                Require all granted
            </Directory>
            \(text.replacing("*:80>", with: "*:@port@>"))

            """
    }

    @Test("following its steps gives guarded sites with the documented answers")
    func followed() throws {
        let machine = try Machine(hasDashboard: true)
        try machine.followed.expectExchanges(port: machine.apache.port)
        let users = machine.followed.root.path("etc/apache2/fcgi-limiter.users")
        #expect(try FileManager.default.attributesOfItem(atPath: users)[.posixPermissions] as? Int == 0o640)
        // AH01630: Apache logs the 403 of private-pages.conf.
        let usual = [" info fcgi-limiter", ":notice]", "AH01630"]
        let lines = machine.apache.logText.split(separator: "\n")
        #expect(lines.filter { line in !usual.contains { line.contains($0) } } == [])
    }

    @Test(
        "requests pass while the limiter cannot start, and are refused with the documented lines",
        arguments: [false, true])
    func down(isClosed: Bool) throws {
        let machine = try Machine(rules: { _ in "no rules at all" }) { followed, text in
            let lines = try #require(followed.guide.blocks(of: "apache").first { $0.contains("Authoritative On") })
            return isClosed ? text.replacing("guard.conf\n", with: "guard.conf\n" + lines) : text
        }
        for host in ["php.localhost", "app.localhost"] {
            #expect(try machine.client(host).get("/api/data").status == (isClosed ? 500 : 200))
        }
        #expect(try machine.client("limiter.localhost").get("/health").status == 500)
        #expect(machine.apache.logText.contains("limits.yaml:1: "))
    }

    @Test("the documented lists ban and exempt clients")
    func lists() throws {
        let lists = try #require(Guide("apache/README.md", in: "").blocks(of: "yaml").first)
        let client = try Machine(rules: { lists + $0 }).client("app.localhost")
        for _ in 0..<12 { expectUncounted(try client.get("/api/data")) }
        expectUncounted(try client.get("/api/data", headers: ["X-API-Key": "stolen"]), status: 403)
    }

    @Test("a rule can read the host and a variable of SetEnvIf without further configuration")
    func environment() throws {
        let rules = """
            policies: { p: { limit: 10 per minute, algorithm: sliding_window } }
            rules: [{ match: { host: app.localhost }, count: variable COUNTRY, policies: [p] }]

            """
        let client = try Machine(rules: { _ in rules }) { "SetEnvIf X-Country (.+) COUNTRY=$1\n" + $1 }
            .client("app.localhost")
        expectCounted(try client.get("/", headers: ["X-Country": "NZ"]), left: 9, policy: "p")
        expectCounted(try client.get("/", headers: ["X-Country": "NZ"]), left: 8, policy: "p")
        expectCounted(try client.get("/", headers: ["X-Country": "IS"]), left: 9, policy: "p")
    }

    @Test("a running limiter answers with proxy.conf and guards with guard-daemon.conf", arguments: [false, true])
    func daemon(isClosed: Bool) throws {
        let machine = try Machine(modules: ["setenvif"]) { followed, text in
            let deny = try #require(followed.guide.blocks(of: "apache").first { $0.contains("WHEN_DOWN=deny") })
            let socket = "Define FCGI_LIMITER_SOCKET \(followed.root.path("run/fcgi-limiter.sock"))"
            let pages = try #require(followed.guide.blocks(of: "apache").first { $0.hasPrefix("<Proxy ") })
            return [socket, text, pages].joined(separator: "\n")
                .replacing("guard-daemon.conf\n", with: "guard-daemon.conf\n" + (isClosed ? deny : ""))
        }
        let root = machine.followed.root
        let rules = root.path("etc/fcgi-limiter/limits.yaml")
        let common = ["--store", "embedded:\(root.path("run/fcgi-limiter/store"))", "--rules", rules]
        let socket = root.path("run/fcgi-limiter.sock")
        let program = try Program(built: "fcgi-limiter")
        let client = machine.client("busy.localhost")
        #expect(try machine.client("proxied.localhost").get("/health").status == 503)
        #expect(try client.get("/").status == (isClosed ? 503 : 200))

        let limiter = try ServerProcess(
            program, ["serve", "--listen", "unix:\(socket)", "--socket-mode", "0666"] + common, in: TemporaryFolder()
        ) { ServerAddress.unix(path: socket).accepts }
        #expect(try machine.client("proxied.localhost").get("/health").status == 200)
        #expect(try waitUntil { try client.get("/api/data")["X-RateLimit-Remaining"] == "0" })
        try expectRefused(client.get("/api/data"))
        _ = limiter
    }

    /// Mistakes, missing modules, and Apache's messages as the guide quotes them.
    static let mistakes: [(name: String, without: String?, site: String, message: String)] = [
        ("no mod_fcgid", "fcgid", "GUARD", "Invalid command 'FcgidAccessChecker'"),
        ("no mod_lua", "lua", "GUARD", "Invalid command 'LuaScope'"),
        ("no mod_headers", "headers", "GUARD", "Invalid command 'Header'"),
        ("no mod_setenvif", "setenvif", "DAEMON", "Invalid command 'SetEnvIfExpr'"),
        ("no program", nil, "GUARD", "Access checker /usr/bin/fcgi-limiter cannot be accessed"),
    ]

    @Test("the documented error messages are those of Apache", arguments: mistakes)
    func mistake(name: String, without: String?, site: String, message: String) throws {
        let guide = try Guide("apache/README.md", in: "")
        let quoted = message.replacing("Invalid command ", with: "")
        #expect(guide.text.contains(quoted))
        let root = try TemporaryFolder()
        let snippet = site == "GUARD" ? "guard" : "guard-daemon"
        let include = "<Location \"/\">\nInclude \(Template.path("apache/\(snippet).conf"))\n</Location>\n"
        // This machine may have the program where the guide installs it.
        let missing = root.path("usr/bin/fcgi-limiter")
        let program = "Define FCGI_LIMITER \(without == nil ? missing : "@program@")\n"
        let text = try Self.debian(root, ["lua", "headers"].filter { $0 != without }, program + include)
            .replacing("Include /etc/apache2/mods-available/\(without ?? "no").load\n", with: "")
            .replacing("IncludeOptional /etc/apache2/mods-available/\(without ?? "no").conf\n", with: "")
        do {
            _ = try ApacheServer(Template(text: text))
            Issue.record("Apache has started")
        } catch let error as ServerError {
            #expect(error.description.contains(message.replacing("/usr/bin/fcgi-limiter", with: missing)))
        }
    }
}
