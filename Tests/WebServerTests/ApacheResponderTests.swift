import Foundation
import Servers
import Testing

/// The ways in which Apache lets the limiter answer.
enum Gate: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case example = "apache/example.conf"
    case proxy = "mod_proxy_fcgi"
    case cgi = "mod_cgid"

    var testDescription: String { rawValue }

    /// A client of an Apache with this configuration.
    func client() throws -> HTTPClient {
        switch self {
        case .example:
            let apache = try ApacheServer(Template(file: "apache/example.conf"))
            return HTTPClient(apache, port: apache.port)
        case .proxy:
            let folder = try TemporaryFolder()
            let limiter = try LimiterProcess(store: "embedded:\(folder.path("store"))", companions: [folder])
            let site = """
                Define FCGI_LIMITER_SOCKET @socket@
                <Proxy "fcgi://fcgi-limiter/" enablereuse=on>
                </Proxy>
                <Location "/">
                    Require all granted
                    Include @apache@/proxy.conf
                </Location>
                """
            return try ApacheSite(site, values: ["socket": limiter.socket], companions: [limiter]).client()
        case .cgi:
            let site = """
                ScriptAlias "/" "@program@/"
                SetEnv FCGI_LIMITER_STORE embedded:${folder}/state/store
                <Location "/">
                    Require all granted
                </Location>
                """
            return try ApacheSite(site).client()
        }
    }
}

@Suite("Apache with the limiter as its backend")
struct ApacheResponderTests {
    @Test("the endpoints answer until their limits are used up", arguments: Gate.allCases)
    func endpoints(gate: Gate) throws {
        let client = try gate.client()
        for left in (0..<10).reversed() {
            let answer = try client.get("/api/data", headers: ["X-API-Key": "k"])
            expectCounted(answer, left: left)
            #expect(answer["Content-Type"] == "application/json")
            #expect(try answer.json().keys.sorted() == ["data"])
        }
        try expectRefused(client.get("/api/data", headers: ["X-API-Key": "k"]))
        let head = try client.send("HEAD", "/api/data")
        expectCounted(head, left: 9)
        #expect(head.body.isEmpty)

        let search = try client.get("/api/search?q=a%20%22b%22")
        #expect(search.status == 200)
        #expect(try search.json()["query"] as? String == "a \"b\"")
        #expect(search["X-RateLimit-Remaining"] == "29")

        for (number, size) in [0, 3, 100_000].enumerated() {
            let body = [UInt8](repeating: UInt8(ascii: "x"), count: size)
            let upload = try client.send("POST", "/api/upload", body: body)
            #expect(upload.status == 200)
            #expect(upload.text == "{\"received\":\(size)}\n")
            #expect(upload["X-RateLimit-Remaining"] == "\(4 - number)")
        }
    }

    @Test("the status pages answer, and other paths are 404", arguments: Gate.allCases)
    func pages(gate: Gate) throws {
        let client = try gate.client()
        let health = try client.get("/health")
        #expect(health.status == 200)
        #expect(try health.json()["status"] as? String == "ok")
        #expect(try client.get("/metrics").status == 200)
        for path in ["/", "/no/such/path", "/api/data/"] { #expect(try client.get(path).status == 404) }
        let method = try client.send("DELETE", "/api/data")
        #expect(method.status == 405)
        #expect(method["Allow"] == "GET, HEAD")
    }

    @Test("words of a query string are not taken for flags of the CGI program")
    func query() throws {
        let client = try Gate.cgi.client()
        for query in ["--help", "--version", "--store+redis://127.0.0.1:1", "check+/etc/passwd", "-h", "serve"] {
            let answer = try client.get("/health?\(query)")
            #expect(answer.status == 200)
            #expect(try answer.json()["status"] as? String == "ok")
        }
    }
}

@Suite("Apache's authorizer")
struct ApacheAuthorizerTests {
    private let limiterFolder: TemporaryFolder
    private let port: Int
    private let limiter: ServerProcess

    init() throws {
        let folder = try TemporaryFolder()
        let port = try FreePort().number
        let rules = try folder.write(Rules.ten, to: "limits.yaml")
        let address = ServerAddress.tcp(port: port)
        limiter = try ServerProcess(
            Program(built: "fcgi-limiter"),
            [
                "serve", "--listen", "127.0.0.1:\(port)", "--rules", rules, "--store",
                "embedded:\(folder.path("store"))",
            ],
            in: folder
        ) { address.accepts }
        (limiterFolder, self.port) = (folder, port)
    }

    private func site() throws -> ApacheSite {
        try ApacheSite(
            """
            AuthnzFcgiDefineProvider authn fcgi_limiter fcgi://127.0.0.1:@limiter@/
            <Location "/">
                Include @apache@/authorizer.conf
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
            values: ["limiter": "\(port)"], companions: [limiter, limiterFolder])
    }

    @Test(
        "ten requests pass, the eleventh is refused, and repeated access checks are not counted",
        arguments: [("/", 200, "index"), ("/index.html", 200, "index"), ("/missing", 404, "our 404")])
    func limit(path: String, status: Int, body: String) throws {
        let client = try site().client()
        for left in (0..<10).reversed() {
            let answer = try client.get(path)
            expectCounted(answer, left: left, policy: "ten", status: status)
            #expect(answer.text == body)
        }
        try expectRefused(client.get(path), policy: "ten")
        try expectRefused(client.send("HEAD", path), policy: "ten", hasBody: false)
    }

    @Test("bodies pass, and the site's own refusals are unchanged")
    func proxied() throws {
        let client = try site().client()
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 300_000)
        let put = try client.send("PUT", "/app/file", body: body)
        expectCounted(put, left: 9, policy: "ten")
        try expectEcho(put, "PUT", "/file", length: 300_000)
        let own = try client.get("/app/?status=429")
        expectCounted(own, left: 8, policy: "ten", status: 429)
        #expect(own["Content-Type"] == "application/json")
        try expectEcho(own, "GET", "/?status=429")
        #expect(try client.get("/denied/").status == 403)
    }

    @Test("requests get 500 while the limiter is down")
    func down() throws {
        let client = try site().client()
        #expect(try client.get("/").status == 200)
        limiter.stop()
        #expect(try client.get("/").status == 500)
    }
}
