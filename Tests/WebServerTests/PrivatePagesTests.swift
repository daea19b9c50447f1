import Servers
import Testing

@Suite("private-pages.conf")
struct PrivatePagesTests {
    /// A client of a web server in front of the limiter.
    ///
    /// The header `X-Client` changes its address.
    private func client(_ server: Server) throws -> HTTPClient {
        switch server {
        case .nginx:
            let site = """
                set_real_ip_from 127.0.0.1;
                real_ip_header X-Client;
                location / {
                    include @nginx@/responder.conf;
                    include @nginx@/private-pages.conf;
                }
                """
            return try NginxSite(site).client()
        case .apache:
            let site = """
                LoadModule remoteip_module ${modules}/mod_remoteip.so
                RemoteIPHeader X-Client
                <Location "/">
                    Require all granted
                    Include @apache@/responder.conf
                    Include @apache@/private-pages.conf
                </Location>
                """
            return try ApacheSite(site).client()
        }
    }

    @Test("only this machine sees /health and /metrics, and everybody the endpoints", arguments: Server.allCases)
    func pages(server: Server) throws {
        let client = try client(server)
        for page in ["/health", "/metrics", "/metrics?format=prometheus"] {
            #expect(try client.get(page).status == 200)
            #expect(try client.send("HEAD", page).status == 200)
            #expect(try client.get(page, headers: ["X-Client": "203.0.113.9"]).status == 403)
            for header in ["X-Forwarded-For", "Forwarded", "X-Real-IP"] {
                #expect(try client.get(page, headers: [header: "127.0.0.1"]).status == 403)
            }
        }
        #expect(try client.get("/api/search?q=x", headers: ["X-Client": "203.0.113.9"]).status != 403)
    }

    @Test("no other spelling opens them", arguments: Server.allCases)
    func spellings(server: Server) throws {
        let client = try client(server)
        for page in ["/metrics", "/health"] {
            let spellings = [
                "/%6D" + page.dropFirst(2), "/\(page)", page + "/", page + "/.", "/.\(page)", "/x/..\(page)",
                page.uppercased(), page + ";x", page + "%3Fx", page + "?x 127.0.0.1 ", "http://localhost\(page)",
            ]
            for spelling in spellings {
                let answer = try client.get(spelling, headers: ["X-Client": "203.0.113.9"])
                #expect([400, 403, 404].contains(answer.status), "\(spelling)")
            }
        }
    }
}
