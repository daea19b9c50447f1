import Servers

/// nginx with a server as a test writes it, a limiter behind it and the site of Python.
final class NginxSite {
    let limiter: LimiterProcess
    let app: PythonSite
    let nginx: NginxServer

    /// Starts them.
    ///
    /// - Parameters:
    ///   - rules: a rules file's text.
    ///   - server: what stands between the braces of `server`; `@app@` is the port of the Python site.
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

    /// A whole configuration with that server; `@socket@` is where its limiter listens.
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
