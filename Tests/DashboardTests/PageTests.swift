import Foundation
import Servers
import Testing

@Suite("The dashboard's pages through web servers")
struct PageTests {
    static let pages = ["", "clients", "client?client=api_key=ann", "events", "effectiveness", "health"]

    @Test("each page answers with its figures and loads nothing from other hosts", arguments: Gate.allCases)
    func pages(gate: Gate) throws {
        let postgres = try PostgresServer.withSchema()
        var traffic = Traffic()
        traffic.add("api_key=ann", .data, allowed: 1_234, blocked: 56, at: now() - 60)
        try traffic.write(to: postgres)
        let client = try DashboardSite(gate, postgres: postgres.location, companions: [postgres]).client()

        for page in Self.pages {
            let answer = try client.get("/limits/\(page)")
            #expect(answer.status == 200)
            #expect(answer["Content-Type"] == "text/html; charset=utf-8")
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer["X-Content-Type-Options"] == "nosniff")
            #expect(
                answer["Content-Security-Policy"]
                    == "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
                    + "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
            // No inline script, style or handler, and no address with a host.
            let patterns = [
                #"<script(?![^>]* src=)"#, "<style", #"\sstyle="#, #"\son[a-z]+="#, #"(href|src|action)="(https?:)?//"#,
            ]
            for pattern in patterns {
                #expect(answer.text.range(of: pattern, options: .regularExpression) == nil, "\(page)")
            }
            let head = try client.send("HEAD", "/limits/\(page)")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
        }
        #expect(try client.get("/limits/").text.contains("<p class=\"value\">1,290</p>"))
        #expect(try client.get("/limits/clients").text.contains("<bdi>api_key=ann</bdi>"))
        #expect(try client.get("/limits/nope").status == 404)
        #expect(try client.get("/limits/endpoints.xml").status == 404)
        let post = try client.send("POST", "/limits/", body: Array("a=b".utf8))
        #expect(post.status == 405)
        #expect(post["Allow"] == "GET, HEAD")
    }

    @Test("a CGI program does not take the words of a query for flags")
    func query() throws {
        let client = try DashboardSite(.cgi, postgres: nil).client()
        for query in ["--help", "--allow+0.0.0.0/0", "-h"] {
            #expect(try client.get("/limits/health?\(query)").text.contains("No database is configured."))
        }
    }

    @Test("an empty database shows zeroes and says where to look")
    func empty() throws {
        let postgres = try PostgresServer.withSchema()
        let client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        for range in ["5m", "15m", "1h", "6h", "24h", "7d", "30d", "90d"] {
            let answer = try client.get("/limits/?range=\(range)")
            #expect(answer.status == 200)
            #expect(answer.text.contains("No requests yet"))
        }
        #expect(try client.get("/limits/clients").text.contains("No client was blocked in this range."))
        #expect(try client.get("/limits/events").text.contains("No refused request of this range is kept in detail."))
        #expect(try client.get("/limits/client?client=api_key=ann").text.contains("This client is not known"))
        #expect(try client.get("/limits/health").text.contains("No limiter writes now."))
        for table in ["totals", "timeline", "strategies", "endpoints", "clients", "hours", "events", "processes"] {
            #expect(try client.get("/limits/\(table).csv").status == 200)
            #expect(try client.get("/limits/\(table).json").status == 200)
        }
    }

    @Test("without a database, its tables or its server, each page says what to do")
    func unavailable() throws {
        let none = try DashboardSite(.nginx, postgres: nil).client()
        let postgres = try PostgresServer()
        let client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        func expect(_ client: HTTPClient, _ text: String) throws {
            for page in Self.pages {
                let answer = try client.get("/limits/\(page)")
                #expect(answer.status == 503)
                #expect(answer.text.contains(text), "\(page): \(answer.text)")
                #expect(answer.text.contains("<nav"))
            }
            for table in ["endpoints.json", "endpoints.csv", "processes.json"] {
                let answer = try client.get("/limits/\(table)")
                #expect(answer.status == 503)
                #expect(answer["Content-Type"] == "application/problem+json")
            }
        }
        try expect(none, "Start the dashboard with --postgres")
        try expect(client, "run fcgi-limiter migrate")
        try postgres.makeSchema()
        #expect(try client.get("/limits/").status == 200)
        postgres.stop()
        try expect(client, "Check that PostgreSQL runs")
        // The state of the store does not depend on the database.
        #expect(try client.get("/limits/health").text.contains("no limiter has created this store yet"))
        try postgres.start()
        for page in Self.pages { #expect(try client.get("/limits/\(page)").status == 200) }
    }

    @Test("a request that waits for the database delays no other")
    func waiting() throws {
        let postgres = try PostgresServer.withSchema()
        let site = try DashboardSite(
            .nginx, postgres: postgres.location, flags: ["--postgres-deadline", "60000"], companions: [postgres])
        let lock = try SeriesLock(postgres)
        let waiting = try RawRequest("/limits/", port: site.port)
        #expect(
            try waitUntil {
                try postgres.number("select count(*) from pg_stat_activity where wait_event_type = 'Lock'") == 1
            })
        for _ in 0..<10 {
            #expect(try site.client().get("/limits/health").status == 200)
            #expect(try site.client().get("/limits/processes.json").status == 200)
        }
        #expect(waiting.isSilent)
        try lock.release()
        #expect(try waiting.firstLine() == "HTTP/1.1 200 OK")
    }

    @Test("a client's remaining units come from the store, and looking changes nothing")
    func left() throws {
        let postgres = try PostgresServer.withSchema()
        let folder = try TemporaryFolder()
        let store = "embedded:\(folder.path("store"))"
        let limiter = try LimiterProcess(store: store, companions: [folder])
        let site = try DashboardSite(
            .nginx, postgres: postgres.location, limiter: limiter, store: store, companions: [postgres])
        let client = site.client()
        for _ in 0..<3 { #expect(try client.get("/api/data", headers: ["X-API-Key": "ann"]).status == 200) }
        for _ in 0..<5 {
            let rows = try client.get("/limits/left.json?client=api_key=ann").list()
            #expect(rows.count == 3)
            let data = rows.first { $0["policy"] as? String == "data" }
            #expect(data?["remaining"] as? Int == 7)
            #expect(data?["limit"] as? Int == 10)
            #expect(data?["window_seconds"] as? Int == 60)
        }
        let page = try client.get("/limits/client?client=api_key%3Dann").text
        #expect(page.contains("<meter min=\"0\" max=\"10\" value=\"7\"></meter>7 of 10"))
        #expect(try client.get("/api/data", headers: ["X-API-Key": "ann"])["X-RateLimit-Remaining"] == "6")
        #expect(try client.get("/limits/left.json").status == 400)
        #expect(try client.get("/limits/left.json?client=hashed=0011").status == 503)
        #expect(try client.get("/limits/client?client=hashed=0011").text.contains("which client has a hash"))
    }

    @Test("a client's page shows what it has leased under a limit at once, and no time")
    func leased() throws {
        let postgres = try PostgresServer.withSchema()
        let folder = try TemporaryFolder()
        let store = "embedded:\(folder.path("store"))"
        let rules = try folder.write(
            """
            policies: { exports: { limit: 5 at once, lease: 1 hour }, few: { limit: 9 per hour } }
            rules: [{ count: api_key or address, policies: [exports, few] }]
            """, to: "limits.yaml")
        let limiter = try LimiterProcess(store: store, flags: ["--rules", rules], companions: [folder])
        let site = try DashboardSite(
            .nginx, postgres: postgres.location, limiter: limiter, store: store, rules: rules, companions: [postgres])
        let client = site.client()
        // The limiter's own pages are not reported, so leases last.
        for _ in 0..<2 { #expect(try client.get("/api/data", headers: ["X-API-Key": "ann"]).status == 200) }
        let rows = try client.get("/limits/left.json?client=api_key=ann").list()
        #expect(rows.map { $0["policy"] as? String } == ["exports", "few"])
        #expect(rows.map { $0["leased"] as? Int } == [2, nil])
        #expect(rows.map { $0["remaining"] as? Int } == [3, 7])
        #expect(rows.map { $0["strategy"] as? String } == ["At once", "Sliding window"])
        #expect(rows[0]["reset_after_seconds"] as? Double == nil)
        #expect(try client.get("/limits/client?client=api_key%3Dann").text.contains("Leased now"))
    }

    @Test("health shows the store, the database, the limiters and their backlog")
    func health() throws {
        let postgres = try PostgresServer.withSchema()
        for number in 1...3 {
            var traffic = Traffic()
            traffic.add("api_key=ann", .data, allowed: 1, at: now())
            try traffic.write(to: postgres, host: "web-\(number)", backlog: number * 10)
        }
        let folder = try TemporaryFolder()
        let store = "embedded:\(folder.path("store"))"
        let limiter = try LimiterProcess(store: store, companions: [folder])
        let site = try DashboardSite(
            .nginx, postgres: postgres.location, limiter: limiter, store: store, companions: [postgres])
        let processes = try site.client().get("/limits/processes.json").list()
        #expect(processes.map { $0["host"] as? String } == ["web-1", "web-2", "web-3"])
        #expect(processes.map { $0["backlog_batches"] as? Int } == [10, 20, 30])
        let page = try site.client().get("/limits/health").text
        for text in ["<span class=\"state up\">up</span>", "<span class=\"state late\">60</span>", "web-3", store] {
            #expect(page.contains(text))
        }
        // A limiter that has been silent for longer stays in the list, which it leads.
        try postgres.query("update limiter.processes set seen = now() - interval '61 seconds' where host = 'web-2'")
        let later = try site.client().get("/limits/processes.json").list()
        #expect(later.map { $0["host"] as? String } == ["web-2", "web-1", "web-3"])
        #expect(later.map { $0["state"] as? String } == ["silent", "up", "up"])
    }
}

/// A request whose sender does not wait for the answer.
final class RawRequest {
    private let descriptor: Int32

    init(_ target: String, port: Int) throws {
        let address = ServerAddress.tcp(port: port)
        descriptor = address.makeSocket()
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        _ = address.withAddress { connect(descriptor, $0, $1) }
        let bytes = Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    deinit {
        close(descriptor)
    }

    /// Whether no part of the answer has arrived.
    var isSilent: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0
    }

    /// Waits for the whole answer.
    func text() throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Waits for the first line of the answer.
    func firstLine() throws -> String {
        try text().split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    }
}

extension HTTPAnswer {
    /// The body as a JSON list of objects.
    func list() throws -> [[String: Any]] {
        try #require(JSONSerialization.jsonObject(with: Data(body)) as? [[String: Any]], "\(text)")
    }
}
