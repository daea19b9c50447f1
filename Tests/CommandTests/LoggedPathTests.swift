import Foundation
import Servers
import Testing

@Suite("Paths that a web server escapes in its log")
struct LoggedPathTests {
    /// Targets as clients send them, each with its own rule.
    private static let targets: [(rule: String, target: String)] = [
        ("quote", "/a\"b"), ("backslash", "/a\\b"), ("like an escape", "/a\\x22b"), ("letter", "/a\u{E9}b"),
        ("plain", "/ab"),
    ]

    private static let rules =
        "policies:\n"
        + targets.indices.map { "  p\($0): { limit: 1 per minute, algorithm: sliding_window }\n" }.joined()
        + "rules:\n"
        + targets.enumerated().map { number, row in
            "  - { match: { path: '\(row.target)' }, count: everyone, policies: [p\(number)] }\n"
        }.joined()

    @Test("are replayed unescaped", arguments: ["nginx", "Apache"])
    func replayed(server: String) throws {
        let folder = try TemporaryFolder()
        let log = folder.path("access.log")
        let client = server == "nginx" ? try Self.nginx(log) : try Self.apache(log)
        for (_, target) in Self.targets + Self.targets {
            let head = "GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            #expect(try client.send(bytes: Array(head.utf8)).status == 404)
        }
        #expect(waitUntil { folder.text(of: "access.log").filter { $0 == "\n" }.count == 2 * Self.targets.count })
        let outcome = try limiter(["replay", "--rules", folder.write(Self.rules, to: "limits.yaml"), log])
        let found = outcome.text.matches(of: /\np(\d) +(\d+) +(\d+)/).map { "\($0.1) \($0.2) \($0.3)" }
        #expect(found == Self.targets.indices.map { "\($0) 2 1" }, "\(folder.text(of: "access.log"))")
    }

    private static func nginx(_ log: String) throws -> HTTPClient {
        let nginx = try NginxServer(
            Template(
                text: """
                    daemon off;
                    pid @folder@/nginx.pid;
                    error_log stderr crit;
                    events {}
                    http {
                        access_log @log@ combined;
                        client_body_temp_path @folder@/client_body;
                        proxy_temp_path @folder@/proxy;
                        fastcgi_temp_path @folder@/fastcgi;
                        uwsgi_temp_path @folder@/uwsgi;
                        scgi_temp_path @folder@/scgi;
                        server {
                            listen @port@;
                            root @folder@/none;
                        }
                    }
                    """), ["log": log])
        return nginx.client()
    }

    private static func apache(_ log: String) throws -> HTTPClient {
        let apache = try ApacheServer(
            Template(
                text: #"""
                    Define folder @folder@
                    Define port @port@
                    Include @apache@/private.conf
                    DocumentRoot ${folder}/site
                    <Location "/">
                        Require all granted
                    </Location>
                    CustomLog @log@ "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\""
                    """#), ["log": log])
        return HTTPClient(apache, port: apache.port)
    }
}
