import Foundation
import Servers
import Testing

@Suite("A guarded nginx site keeps what it has")
struct NginxOwnSiteTests {
    /// A site with headers, error pages, a password and locations of many kinds.
    ///
    /// GUARD is where the guard is included.
    private static let site = """
        root @folder@/site;
        index index.html;
        add_header Strict-Transport-Security "max-age=31536000" always;
        add_header Content-Security-Policy "default-src 'self'" always;
        add_header Access-Control-Allow-Origin "https://app.example" always;
        error_page 401 /401.html;
        error_page 403 /403.html;
        error_page 404 /404.html;
        error_page 413 /413.html;
        error_page 429 /429.html;
        error_page 500 502 503 504 /50x.html;
        error_page 410 = @gone;
        location / {
            GUARD
            try_files $uri $uri/ =404;
        }
        location /app/ {
            GUARD
            proxy_pass http://127.0.0.1:@app@;
        }
        location /intercepted/ {
            GUARD
            proxy_intercept_errors on;
            proxy_pass http://127.0.0.1:@app@;
        }
        location /down/ {
            GUARD
            proxy_pass http://127.0.0.1:1;
        }
        location /denied/ {
            GUARD
            deny all;
        }
        location /secret/ {
            GUARD
            auth_basic "a site's own";
            auth_basic_user_file @folder@/passwords;
        }
        location /small/ {
            GUARD
            client_max_body_size 1;
            proxy_pass http://127.0.0.1:@app@;
        }
        location /gone/ {
            GUARD
            return 410;
        }
        location @gone {
            return 200 "gone: $uri";
        }
        location /own/ {
            error_page 404 /own404.html;
            add_header X-Own yes always;
            GUARD
            HEADERS
            try_files $uri =404;
        }
        """

    private static let files = [
        "site/index.html": "index", "site/folder/index.html": "in the folder", "site/secret/page.html": "secret",
        "site/own/page.html": "own", "site/own404.html": "its own 404", "site/401.html": "our 401",
        "site/403.html": "our 403", "site/404.html": "our 404", "site/413.html": "our 413", "site/429.html": "our 429",
        "site/50x.html": "our 50x", "passwords": "ann:{PLAIN}right\n",
    ]

    /// The same site twice: as `guarded` and as `plain`.
    private func site(limit: Int) throws -> NginxSite {
        let guarded = Self.site.replacing("GUARD", with: "include @nginx@/guard.conf;")
            .replacing("HEADERS", with: "include @nginx@/guard-headers.conf;")
        let plain = Self.site.replacing("GUARD", with: "").replacing("HEADERS", with: "")
        return try NginxSite(
            rules: Rules.ten.replacing("10 per minute", with: "\(limit) per minute"),
            """
            server_name guarded;
            include @nginx@/guard-server.conf;
            \(guarded)
            } server {
            listen @port@;
            server_name plain;
            \(plain)
            """, files: Self.files)
    }

    @Test("every answer is the same with the guard and without, but for the rate-limit headers")
    func same() throws {
        let site = try site(limit: 1_000)
        let guarded = HTTPClient(site, port: site.nginx.port, host: "guarded")
        let plain = HTTPClient(site, port: site.nginx.port, host: "plain")
        let password: KeyValuePairs = ["Authorization": "Basic \(Data("ann:right".utf8).base64EncodedString())"]
        let rows: [(method: String, target: String, status: Int, headers: KeyValuePairs<String, String>)] = [
            ("GET", "/", 200, [:]),
            ("GET", "/folder/", 200, [:]),
            ("HEAD", "/", 200, [:]),
            ("GET", "/missing", 404, [:]),
            ("POST", "/missing", 404, [:]),
            ("POST", "/", 405, [:]),
            ("GET", "/app/x", 200, [:]),
            ("PUT", "/app/x", 200, [:]),
            ("GET", "/app/x?status=404", 404, [:]),
            ("GET", "/app/x?status=500", 500, [:]),
            ("GET", "/intercepted/x?status=404", 404, [:]),
            ("GET", "/intercepted/x?status=403", 403, [:]),
            ("GET", "/intercepted/x?status=429", 429, [:]),
            ("GET", "/intercepted/x?status=503", 503, [:]),
            ("GET", "/intercepted/x?status=418", 418, [:]),
            ("GET", "/down/x", 502, [:]),
            ("GET", "/denied/x", 403, [:]),
            ("GET", "/secret/page.html", 401, [:]),
            ("GET", "/secret/page.html", 200, password),
            ("GET", "/secret/missing", 404, password),
            ("POST", "/small/x", 413, [:]),
            ("GET", "/gone/x", 200, [:]),
            ("GET", "/own/page.html", 200, [:]),
            ("GET", "/own/missing", 404, [:]),
        ]
        for row in rows {
            let body = row.method == "POST" || row.method == "PUT" ? Array("body".utf8) : nil
            let with = try guarded.send(row.method, row.target, headers: row.headers, body: body)
            let without = try plain.send(row.method, row.target, headers: row.headers, body: body)
            let name = "\(row.method) \(row.target)"
            #expect(without.status == row.status, "\(name)")
            #expect(with.status == without.status, "\(name)")
            #expect(with.text == without.text.replacing("plain", with: "guarded"), "\(name)")
            #expect(kept(with) == kept(without), "\(name)")
        }
        #expect(!site.nginx.logText.contains("uninitialized"), "\(site.nginx.logText)")
    }

    /// The headers that must be the same.
    private func kept(_ answer: HTTPAnswer) -> [String] {
        let changing = ["Date", "ETag", "Last-Modified", "Content-Length"]
        return answer.headers.filter { !changing.contains($0.name) && !$0.name.contains("RateLimit") }
            .map { "\($0.name): \($0.value)" }.sorted()
    }

    @Test("a refusal has the site's headers, and for a browser the site's page")
    func refusal() throws {
        let site = try site(limit: 10)
        let client = HTTPClient(site, port: site.nginx.port, host: "guarded")
        for left in (0..<10).reversed() { expectCounted(try client.get("/"), left: left, policy: "ten") }
        let refused = try client.get("/")
        try expectRefused(refused, policy: "ten")
        let page = try client.get("/app/x", headers: ["Accept": "text/html,*/*;q=0.8"])
        #expect(page.status == 429)
        #expect(page.text == "our 429")
        #expect(page["Content-Type"] == "text/html")
        for answer in [refused, page] {
            #expect(answer["Strict-Transport-Security"] == "max-age=31536000")
            #expect(answer["Content-Security-Policy"] == "default-src 'self'")
            #expect(answer["Access-Control-Allow-Origin"] == "https://app.example")
            #expect(answer["Retry-After"] != nil)
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer["X-RateLimit-Remaining"] == "0")
        }
        #expect(!site.nginx.logText.contains("uninitialized"), "\(site.nginx.logText)")
    }

    @Test("a browser of a site without a page of its own gets nginx's page")
    func noPage() throws {
        let site = try NginxSite(
            """
            include @nginx@/guard-server.conf;
            location / {
                include @nginx@/guard.conf;
                proxy_pass http://127.0.0.1:@app@;
            }
            """)
        for _ in 0..<10 { #expect(try site.client().get("/").status == 200) }
        let page = try site.client().get("/", headers: ["Accept": "text/html"])
        #expect(page.status == 429)
        #expect(page.text.contains("429 Too Many Requests"))
        #expect(page["Retry-After"] != nil)
    }

    @Test("guard-server.conf has the headers of guard-headers.conf")
    func headers() throws {
        let lines = try Template(file: "nginx/guard-headers.conf").text.split(separator: "\n").filter {
            !$0.hasPrefix("#")
        }
        let server = try Template(file: "nginx/guard-server.conf").text
        #expect(lines.count == 9)
        #expect(server.contains(lines.joined(separator: "\n")))
    }

    @Test("guesses of a password in a named location are limited")
    func passwords() throws {
        let site = try NginxSite(
            rules: Rules.ten.replacing("10 per minute", with: "3 per minute"),
            """
            include @nginx@/guard-server.conf;
            location /secret/ {
                include @nginx@/guard.conf;
                try_files /.nothing @secret;
            }
            location @secret {
                auth_basic "a site's own";
                auth_basic_user_file @folder@/passwords;
                proxy_pass http://127.0.0.1:@app@;
            }
            """, files: ["passwords": "ann:{PLAIN}right\n"])
        let client = site.client()
        let wrong = "Basic \(Data("ann:wrong".utf8).base64EncodedString())"
        for _ in 0..<3 {
            let answer = try client.get("/secret/x?y", headers: ["Authorization": wrong])
            #expect(answer.status == 401)
            #expect(answer["WWW-Authenticate"] == "Basic realm=\"a site's own\"")
        }
        for _ in 0..<2 { #expect(try client.get("/secret/x", headers: ["Authorization": wrong]).status == 429) }
        let right = "Basic \(Data("ann:right".utf8).base64EncodedString())"
        let admitted = try client.send(
            "PUT", "/secret/x?y", headers: ["Authorization": right, "X-API-Key": "other"], body: [1, 2, 3])
        #expect(admitted.status == 200)
        try expectEcho(admitted, "PUT", "/secret/x?y", length: 3)
    }
}
