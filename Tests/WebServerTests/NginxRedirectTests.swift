import Foundation
import Servers
import Testing

@Suite("nginx's redirect.conf")
struct NginxRedirectTests {
    private static let proxied = """
        location / {
            include @nginx@/redirect.conf;
            fastcgi_param FCGI_LIMITER_FRONT @site;
            error_page 502 504 = @site;
        }
        location @site {
            include @nginx@/redirected.conf;
            proxy_pass http://127.0.0.1:@app@;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $http_connection;
        }
        """

    @Test("ten requests pass, the eleventh is refused, and every header is right")
    func limit() throws {
        let client = try NginxSite(Self.proxied).client()
        for left in (0..<10).reversed() {
            let answer = try client.get("/some/path?x=1")
            expectCounted(answer, left: left, policy: "ten")
            #expect(answer["Content-Type"] == "application/json")
            #expect(answer["Cache-Control"] == nil)
            try expectEcho(answer, "GET", "/some/path?x=1")
        }
        try expectRefused(client.get("/"), policy: "ten")
        try expectRefused(client.send("HEAD", "/"), policy: "ten", hasBody: false)
        try expectRefused(client.send("PUT", "/file.png", body: [1, 2, 3]), policy: "ten")
    }

    @Test("the limiter learns the client's address")
    func address() throws {
        let banned = try NginxSite(rules: "banned: [{ address: 127.0.0.1 }]\n" + Rules.ten, Self.proxied).client()
        expectUncounted(try banned.get("/"), status: 403)
    }

    @Test("--store-header on names who decided")
    func storeHeader() throws {
        let client = try NginxSite(Self.proxied, flags: ["--store-header", "on"]).client()
        for _ in 0..<11 { #expect(try client.get("/")["X-RateLimit-Store"] == "embedded") }
        #expect(try NginxSite(Self.proxied).client().get("/")["X-RateLimit-Store"] == nil)
    }

    @Test("requests that no rule counts pass unchanged")
    func unlimited() throws {
        let client = try NginxSite(rules: Rules.ten.replacing("/**", with: "/counted"), Self.proxied).client()
        let answer = try client.get("/other")
        expectUncounted(answer)
        try expectEcho(answer, "GET", "/other")
    }

    @Test("methods, bodies and statuses are unchanged")
    func bodies() throws {
        let client = try NginxSite(Self.proxied).client()
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 300_000)
        try expectEcho(client.send("PUT", "/file", body: body), "PUT", "/file", length: 300_000)
        let head = "POST /file HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunked = try client.send(bytes: Array((head + "5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n").utf8))
        try expectEcho(chunked, "POST", "/file", length: 8)
        expectCounted(try client.send("HEAD", "/"), left: 7, policy: "ten")
        let own = try client.get("/?status=403")
        expectCounted(own, left: 6, policy: "ten", status: 403)
        try expectEcho(own, "GET", "/?status=403")
        let socket = try client.get("/", headers: ["Connection": "Upgrade", "Upgrade": "websocket"])
        expectCounted(socket, left: 5, policy: "ten", status: 101)
        #expect(try client.talk("hello") == "HELLO")
    }

    @Test("the named location keeps its own error pages")
    func errorPage() throws {
        let server = """
            error_page 404 /404.html;
            location = /404.html { root @folder@; }
            location / {
                include @nginx@/redirect.conf;
                fastcgi_param FCGI_LIMITER_FRONT @site;
            }
            location @site {
                include @nginx@/redirected.conf;
                root @folder@/site;
            }
            """
        let site = try NginxSite(server, files: ["404.html": "our 404", "site/there.txt": "there"])
        let there = try site.client().get("/there.txt")
        expectCounted(there, left: 9, policy: "ten")
        #expect(there["Content-Type"] == "text/plain")
        #expect(there.text == "there")
        let missing = try site.client().get("/missing")
        #expect(missing.status == 404)
        #expect(missing.text == "our 404")
    }

    @Test(
        "requests pass while the limiter is down with error_page, and get 502 without",
        arguments: [(true, 200), (false, 502)])
    func down(hasErrorPage: Bool, status: Int) throws {
        let line = "error_page 502 504 = @site;"
        let site = try NginxSite(hasErrorPage ? Self.proxied : Self.proxied.replacing(line, with: ""))
        site.limiter.send(SIGKILL)
        #expect(site.limiter.waitForEnd(deadline: 10) != nil)
        let answer = try site.client().send("PUT", "/x", body: [1, 2, 3])
        expectUncounted(answer, status: status)
        if status == 200 { try expectEcho(answer, "PUT", "/x", length: 3) }
    }

    @Test("a client cannot name the location")
    func spoofed() throws {
        let client = try NginxSite(Self.proxied).client()
        for left in (0..<10).reversed() {
            let answer = try client.get("/", headers: ["X-Accel-Redirect": "@site", "FCGI-LIMITER-FRONT": "@other"])
            expectCounted(answer, left: left, policy: "ten")
        }
        try expectRefused(client.get("/", headers: ["X-Accel-Redirect": "@site"]), policy: "ten")
        #expect(try client.get("/@site").status == 429)
    }
}
