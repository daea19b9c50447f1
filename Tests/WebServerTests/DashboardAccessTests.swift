import Foundation
import Servers
import Testing

@Suite("Who may see the dashboard")
struct DashboardAccessTests {
    /// A client of a dashboard without a database; the web server's location has the include and these lines.
    private func client(_ server: Server, login: String = "") throws -> HTTPClient {
        let folder = try TemporaryFolder()
        let dashboard = try Program(built: "fcgi-limiter-dashboard").path
        switch server {
        case .nginx:
            let socket = folder.path("dashboard.sock")
            let process = try ServerProcess(
                Program(at: dashboard),
                ["--listen", "unix:\(socket)", "--socket-mode", "0666", "--store", "embedded:\(folder.path("store"))"],
                in: folder
            ) { ServerAddress.unix(path: socket).accepts }
            let text = """
                upstream fcgi_limiter_dashboard { server unix:\(socket); }
                server {
                    listen @port@;
                    location / {
                        include @nginx@/dashboard.conf;
                        \(login)
                    }
                }
                """
            return try NginxServer(
                Template(http: text), files: ["users": "ann:{PLAIN}secret\n"],
                companions: [process]
            ).client()
        case .apache:
            // Apache's user must be able to start it.
            let program = try Program(at: dashboard).copy(to: folder.path("dashboard")).path
            let site = """
                Define FCGI_LIMITER_DASHBOARD \(program)
                <Location "/">
                    Include @apache@/dashboard.conf
                    \(login.isEmpty ? "Require all granted" : login)
                </Location>
                """
            let users = ["users": "ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"]
            return try ApacheSite(site, files: users, companions: [folder]).client()
        }
    }

    private func basic(_ name: String) -> String { "Basic " + Data("\(name):secret".utf8).base64EncodedString() }

    @Test(
        "without a login only this machine sees it: no foreign host name and no forwarded request",
        arguments: Server.allCases)
    func withoutLogin(server: Server) throws {
        let client = try client(server)
        // The dashboard has no database.
        #expect(try client.get("/").status == 503)
        for header in ["X-Forwarded-For", "Forwarded", "X-Real-IP"] {
            let value = header == "Forwarded" ? "for=127.0.0.1" : "127.0.0.1"
            #expect(try client.get("/", headers: [header: value]).status == 403)
            let claim: KeyValuePairs = [header: value, "Authorization": basic("ann"), "Remote-User": "ann"]
            #expect(try client.get("/", headers: claim).status == 403)
        }
    }

    @Test("with a login everybody who has the password sees it, from any address", arguments: Server.allCases)
    func withLogin(server: Server) throws {
        let lines =
            server == .nginx
            ? """
            auth_basic "fcgi-limiter";
            auth_basic_user_file @folder@/users;
            fastcgi_param REMOTE_USER $remote_user if_not_empty;
            """
            : """
            AuthType Basic
            AuthName "fcgi-limiter"
            AuthUserFile ${folder}/users
            Require valid-user
            """
        let client = try client(server, login: lines)
        #expect(try client.get("/").status == 401)
        #expect(try client.get("/", headers: ["Authorization": basic("bob")]).status == 401)
        let forwarded: KeyValuePairs = ["Authorization": basic("ann"), "X-Forwarded-For": "203.0.113.9"]
        #expect(try client.get("/", headers: forwarded).status == 503)
    }
}
