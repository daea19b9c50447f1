import Foundation
import Servers
import Testing

/// How a web server runs or reaches the dashboard.
enum Gate: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case nginx
    case apache = "mod_fcgid"
    case proxy = "mod_proxy_fcgi"
    case cgi = "mod_cgid"

    var testDescription: String { rawValue }
}

/// A web server with the dashboard below `/limits/`, below `/private/` with a login, and below `/front/` through a proxy.
final class DashboardSite {
    /// The port of 127.0.0.1.
    let port: Int
    private let server: AnyObject

    /// The user and password that the web server accepts, as an `Authorization` header.
    static let login = "Basic " + Data("ann:secret".utf8).base64EncodedString()
    /// The password file, in a form that both servers read.
    private static let users = ["users": "ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"]

    /// Starts the web server, and a dashboard unless the server starts its own.
    ///
    /// - Parameters:
    ///   - gate: how the server runs or reaches the dashboard.
    ///   - postgres: the database's connection string; `nil` for no database.
    ///   - limiter: answers below `/api/` with nginx; Apache's mod_fcgid starts its own.
    ///   - store: the limiter's store.
    ///   - rules: the path of the limiter's rules file; `nil` for the rules of the sample endpoints.
    ///   - flags: further flags of the dashboard, each followed by its value.
    ///   - companions: objects that live as long as the server.
    /// - Throws: ``ServerError`` if a program is missing or does not start.
    init(
        _ gate: Gate, postgres: String?, limiter: LimiterProcess? = nil, store: String? = nil, rules: String? = nil,
        flags: [String] = [], companions: [any Sendable] = []
    ) throws {
        let ownFlags = flags + (rules.map { ["--rules", $0] } ?? [])
        let companions = companions + (limiter.map { [$0] } ?? [])
        let variables =
            (postgres.map { ["FCGI_LIMITER_POSTGRES \"\($0)\""] } ?? [])
            + ["FCGI_LIMITER_STORE \(store ?? "embedded:${folder}/state/store")"]
            + (rules.map { ["FCGI_LIMITER_RULES \($0)"] } ?? [])
            + stride(from: 0, to: flags.count, by: 2).map { index in
                let name = flags[index].dropFirst(2).uppercased().replacing("-", with: "_")
                return "FCGI_LIMITER_DASHBOARD_\(name) \"\(flags[index + 1])\""
            }
        switch gate {
        case .nginx:
            let dashboard = try DashboardProcess(
                postgres: postgres, store: store, flags: ownFlags, companions: companions)
            let nginx = try NginxServer(
                Template(http: Self.nginx), ["dashboard": dashboard.socket, "limiter": limiter?.socket ?? "/nowhere"],
                files: Self.users, companions: [dashboard])
            (server, port) = (nginx, nginx.port)
        case .apache:
            let text = Self.apache(
                location: "Include @apache@/dashboard.conf",
                """
                Define FCGI_LIMITER @program@
                Define FCGI_LIMITER_DASHBOARD @program@-dashboard
                <Location "/api/">
                    Require all granted
                    Include @apache@/responder.conf
                </Location>
                \(variables.map { "FcgidInitialEnv \($0)" }.joined(separator: "\n"))
                """)
            let apache = try ApacheServer(Template(text: text), files: Self.users, companions: companions)
            (server, port) = (apache, apache.port)
        case .proxy:
            let dashboard = try DashboardProcess(
                postgres: postgres, store: store, flags: ownFlags, companions: companions)
            let text = Self.apache(location: "SetHandler \"proxy:unix:@dashboard@|fcgi://dashboard/\"", "")
            let apache = try ApacheServer(
                Template(text: text), ["dashboard": dashboard.socket], files: Self.users, companions: [dashboard])
            (server, port) = (apache, apache.port)
        case .cgi:
            let text = Self.apache(
                location: "Options +ExecCGI",
                """
                LoadModule cgid_module ${modules}/mod_cgid.so
                ScriptSock ${folder}/cgid.sock
                ScriptAlias "/limits/" "@program@-dashboard/"
                ScriptAlias "/private/" "@program@-dashboard/"
                \(variables.map { "SetEnv \($0)" }.joined(separator: "\n"))
                """)
            let apache = try ApacheServer(Template(text: text), files: Self.users, companions: companions)
            (server, port) = (apache, apache.port)
        }
    }

    /// A client with its own connection, which keeps the servers running.
    func client() -> HTTPClient {
        HTTPClient(self, port: port)
    }

    /// The absolute address of a page, for a browser.
    func address(_ page: String, below folder: String = "limits") -> String {
        "http://127.0.0.1:\(port)/\(folder)/\(page)"
    }

    private static let nginx = """
        upstream fcgi_limiter { server unix:@limiter@; keepalive 4; }
        upstream fcgi_limiter_dashboard { server unix:@dashboard@; keepalive 4; }
        server {
            listen 127.0.0.1:@port@;
            location /api/ { include @nginx@/responder.conf; }
            location /limits/ { include @nginx@/dashboard.conf; }
            location /private/ {
                include @nginx@/dashboard.conf;
                auth_basic "limits";
                auth_basic_user_file @folder@/users;
                fastcgi_param REMOTE_USER $remote_user if_not_empty;
            }
            location /front/ {
                proxy_pass http://127.0.0.1:@port@/limits/;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            }
        }
        """

    private static func apache(location: String, _ lines: String) -> String {
        """
        Define folder @folder@
        Define port @port@
        Include @apache@/private.conf
        LoadModule deflate_module ${modules}/mod_deflate.so
        LoadModule auth_basic_module ${modules}/mod_auth_basic.so
        LoadModule authn_file_module ${modules}/mod_authn_file.so
        DocumentRoot ${folder}/site
        \(lines)
        <Location "/limits/">
            Require all granted
            \(location)
        </Location>
        <Location "/private/">
            \(location)
            AuthType Basic
            AuthName "limits"
            AuthUserFile ${folder}/users
            Require valid-user
        </Location>
        ProxyPass "/front/" "http://127.0.0.1:@port@/limits/"
        """
    }
}
