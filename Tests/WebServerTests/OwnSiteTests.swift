import Foundation
import Servers
import Testing

@Suite("A guarded site keeps what it has")
struct OwnSiteTests {
    private static let login: KeyValuePairs = [
        "Authorization": "Basic \(Data("ann:right".utf8).base64EncodedString())"
    ]
    private static let preflight: KeyValuePairs = [
        "Origin": "https://app.example", "Access-Control-Request-Method": "PUT",
    ]

    /// A request, and the status that the site answers with guard and without.
    struct Row: Sendable, CustomTestStringConvertible {
        let method, target: String
        let status: Int
        var host = "site"
        var headers: KeyValuePairs<String, String> = [:]

        var testDescription: String { "\(method) \(host)\(target): \(status)" }
    }

    static let rows = [
        Row(method: "GET", target: "/", status: 200),
        Row(method: "GET", target: "/folder/", status: 200),
        Row(method: "HEAD", target: "/", status: 200),
        Row(method: "GET", target: "/missing", status: 404),
        Row(method: "POST", target: "/missing", status: 404),
        Row(method: "GET", target: "/app/x", status: 200),
        Row(method: "PUT", target: "/app/x", status: 200),
        Row(method: "OPTIONS", target: "/app/x", status: 200, headers: preflight),
        Row(method: "GET", target: "/app/x?status=404", status: 404),
        Row(method: "GET", target: "/app/x?status=429", status: 429),
        Row(method: "GET", target: "/app/x?status=500", status: 500),
        Row(method: "GET", target: "/intercepted/x?status=404", status: 404),
        Row(method: "GET", target: "/intercepted/x?status=403", status: 403),
        Row(method: "GET", target: "/intercepted/x?status=429", status: 429),
        Row(method: "GET", target: "/intercepted/x?status=503", status: 503),
        Row(method: "GET", target: "/denied/x", status: 403),
        Row(method: "GET", target: "/secret/page.html", status: 401),
        Row(method: "GET", target: "/secret/page.html", status: 200, headers: login),
        Row(method: "GET", target: "/secret/missing", status: 404, headers: login),
        Row(method: "GET", target: "/own/page.html", status: 200),
        Row(method: "GET", target: "/own/missing", status: 404),
        Row(method: "GET", target: "/cors/page.html", status: 200),
        Row(method: "GET", target: "/cors/missing", status: 404),
        Row(method: "GET", target: "/index.php/with/path?x=1", status: 200),
        Row(method: "GET", target: "/index.php?status=503", status: 503),
        Row(method: "GET", target: "/", status: 200, host: "shop"),
        Row(method: "GET", target: "/missing", status: 404, host: "shop"),
    ]

    @Test("every answer is the same with the guard and without, but for the rate-limit headers", arguments: rows)
    func same(row: Row) throws {
        for server in Server.allCases { try expectSame(row, server) }
    }

    /// Rows whose statuses differ between the servers.
    @Test(
        "so is an answer that only one server gives",
        arguments: [
            (Server.nginx, Row(method: "POST", target: "/", status: 405)),
            (.nginx, Row(method: "GET", target: "/down/x", status: 502)),
            (.nginx, Row(method: "GET", target: "/intercepted/x?status=418", status: 418)),
            (.nginx, Row(method: "POST", target: "/small/x", status: 413)),
            (.nginx, Row(method: "GET", target: "/gone/x", status: 200)),
            (.apache, Row(method: "POST", target: "/", status: 200)),
            (.apache, Row(method: "GET", target: "/down/x", status: 503)),
            (.apache, Row(method: "GET", target: "/gone/x", status: 410)),
        ])
    func sameOfOne(server: Server, row: Row) throws {
        try expectSame(row, server)
    }

    private func expectSame(_ row: Row, _ server: Server) throws {
        let site = try OwnSite.shared(server)
        let body = row.method == "POST" || row.method == "PUT" ? Array("body".utf8) : nil
        func answer(_ prefix: String) throws -> HTTPAnswer {
            try site.client(prefix + row.host).send(row.method, row.target, headers: row.headers, body: body)
        }
        let (with, without) = (try answer(""), try answer("plain-"))
        #expect(without.status == row.status, "\(server)")
        #expect(with.status == without.status, "\(server)")
        #expect(with.text == without.text.replacing("plain-", with: ""), "\(server)")
        #expect(kept(with) == kept(without), "\(server)")
        #expect(!site.logText.contains("uninitialized"), "\(site.logText)")
        let isPreflight = row.method == "OPTIONS"
        #expect((with["RateLimit"] == nil) == (isPreflight || row.target.hasPrefix("/gone")), "\(server)")
    }

    /// The headers that must be the same.
    private func kept(_ answer: HTTPAnswer) -> [String] {
        let changing = ["Date", "ETag", "Last-Modified", "Content-Length"]
        return answer.headers.filter { !changing.contains($0.name) && !$0.name.contains("RateLimit") }
            .map { "\($0.name): \($0.value)" }.sorted()
    }

    @Test("requests over IPv6 reach the site and are counted", arguments: Server.allCases)
    func v6(server: Server) throws {
        let site = try OwnSite.shared(server)
        let words = ["-gsi", "http://[::1]:\(site.port)/", "-H", "X-API-Key: v6-\(server)", "-H", "Host: "]
        func ask(_ host: String) throws -> [String] {
            try Program("curl", package: "curl").run(words.dropLast() + ["Host: \(host)"]).text
                .split(separator: "\r\n").map(String.init)
        }
        let (with, without) = (try ask("site"), try ask("plain-site"))
        #expect(with.first == "HTTP/1.1 200 OK")
        #expect(with.contains("X-RateLimit-Remaining: 9"))
        let isKept = { (line: String) in !["RateLimit", "Date", "ETag", "Last-M"].contains { line.contains($0) } }
        #expect(with.filter(isKept).sorted() == without.filter(isKept).sorted())

        // An address of each kind is a client of its own.
        #expect(try site.client("site").get("/").status == 200)
        let addresses = ["-gsi", "http://[::1]:\(site.port)/", "-H", "Host: site"]
        let counted = try Program("curl", package: "curl").run(addresses).text
        #expect(counted.contains("X-RateLimit-Remaining: 999\r\n"), "\(counted)")
    }

    @Test("a refusal has the site's headers, and for a browser the site's page", arguments: Server.allCases)
    func refusal(server: Server) throws {
        let client = try OwnSite.shared(server).client("site")
        let key = "refused by \(server)"
        for left in (0..<10).reversed() {
            expectCounted(try client.get("/", headers: ["X-API-Key": key]), left: left, policy: "ten")
        }
        let refused = try client.get("/", headers: ["X-API-Key": key])
        try expectRefused(refused, policy: "ten")
        let page = try client.get("/intercepted/x", headers: ["X-API-Key": key, "Accept": "text/html,*/*;q=0.8"])
        #expect(page.status == 429)
        #expect(page.text == "our 429")
        #expect(page["Content-Type"]?.hasPrefix("text/html") == true)
        for answer in [refused, page] {
            #expect(answer["Strict-Transport-Security"] == "max-age=31536000")
            #expect(answer["Content-Security-Policy"] == "default-src 'self'")
            #expect(answer["Access-Control-Allow-Origin"] == nil)
            #expect(answer["Retry-After"] != nil)
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer["X-RateLimit-Remaining"] == "0")
        }
        // A script of another site may read it where the location allows that, or says that the application does.
        for path in ["/cors/page.html", "/app/x"] {
            let script = try client.get(path, headers: ["X-API-Key": key, "Origin": "https://app.example"])
            try expectRefused(script, policy: "ten")
            #expect(script["Access-Control-Allow-Origin"] == "https://app.example")
        }
    }

    @Test("a browser of a site without a page of its own gets the server's page", arguments: Server.allCases)
    func noPage(server: Server) throws {
        let client = try OwnSite.shared(server).client("shop")
        let key = "without a page of \(server)"
        for _ in 0..<10 { #expect(try client.get("/", headers: ["X-API-Key": key]).status == 200) }
        let page = try client.get("/", headers: ["X-API-Key": key, "Accept": "text/html"])
        #expect(page.status == 429)
        #expect(page.text.contains("429 Too Many Requests"))
        #expect(page["Retry-After"] != nil)
        expectNothingInternal(page)
    }

    @Test("guard-server.conf has the headers of guard-headers.conf")
    func headers() throws {
        let lines = try Template(file: "nginx/guard-headers.conf").text.split(separator: "\n").filter {
            !$0.hasPrefix("#")
        }
        let server = try Template(file: "nginx/guard-server.conf").text
        #expect(lines.count == 11)
        #expect(server.contains(lines.joined(separator: "\n")))
    }
}
