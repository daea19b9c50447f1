import Servers

/// nginx with a test's own server, a limiter, and the Python site.
final class NginxSite {
    let limiter: LimiterProcess
    let app: PythonSite
    let nginx: NginxServer

    /// Starts the servers.
    ///
    /// - Parameters:
    ///   - rules: a rules file's text.
    ///   - server: the content of `server`; `@app@` is the port of the Python site.
    ///   - flags: further flags of the limiter.
    ///   - files: files beside `nginx.conf`.
    /// - Throws: ``ServerError`` when a program is missing or does not start.
    init(
        rules: String = Rules.ten, _ server: String, flags: [String] = [], files: [String: String] = [:]
    ) throws {
        limiter = try LimiterProcess(rules: rules, flags: flags)
        app = try PythonSite()
        nginx = try NginxServer(
            Self.template(server), ["socket": limiter.socket, "app": "\(app.port)"], files: files,
            companions: [limiter, app])
    }

    /// A client with a connection of its own; the servers live as long as their clients.
    func client() -> HTTPClient {
        HTTPClient(self, port: nginx.port)
    }

    /// A configuration with this content of `server`; `@socket@` is the limiter's socket.
    static func template(_ server: String) -> Template {
        Template(
            http: """
                upstream fcgi_limiter { server unix:@socket@; keepalive 4; }
                server {
                    listen @port@;
                    \(server)
                }
                """)
    }
}
