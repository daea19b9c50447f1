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
