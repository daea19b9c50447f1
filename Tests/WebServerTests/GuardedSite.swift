import Servers
import Testing

/// A site and the web server in front of it.
enum Setup: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case phpBehindNginx = "PHP behind nginx"
    case pythonBehindNginx = "Python behind nginx"
    case phpBehindApache = "PHP behind Apache"
    case pythonBehindApache = "Python behind Apache"

    var testDescription: String { rawValue }

    var isNginx: Bool { self == .phpBehindNginx || self == .pythonBehindNginx }

    var isPHP: Bool { self == .phpBehindNginx || self == .phpBehindApache }
}

/// A PHP or Python site, guarded by `nginx/guard-example.conf` or `apache/guard-example.conf`.
final class GuardedSite {
    private let setup: Setup
    private let server: AnyObject
    private let port: Int

    /// Starts site, limiter and web server.
    ///
    /// - Parameters:
    ///   - setup: the site and the web server.
    ///   - rules: the text of a rules file; `nil` for limits.example.yaml.
    /// - Throws: ``ServerError`` when a program is missing or does not start.
    init(_ setup: Setup, rules: String? = nil) throws {
        self.setup = setup
        let rules = try rules ?? Template(file: "limits.example.yaml").text
        let php = try PHPFPM()
        let app = try PythonSite()
        var values = ["site": Template.path("Tests/Sites/php"), "php": php.socket, "app": "\(app.port)"]
        if setup.isNginx {
            let limiter = try LimiterProcess(rules: rules)
            let example = try Template(file: "nginx/guard-example.conf").replacing(
                "unix:@folder@/fcgi-limiter.sock", with: "unix:\(limiter.socket)")
            let nginx = try NginxServer(example, values, companions: [php, app, limiter])
            (server, port) = (nginx, nginx.port)
        } else {
            let folder = try TemporaryFolder()
            values["rules"] = try folder.write(rules, to: "limits.yaml")
            let apache = try ApacheServer(
                Template(file: "apache/guard-example.conf"), values, companions: [php, app, folder])
            (server, port) = (apache, apache.port)
        }
    }

    /// A client with a connection of its own; the site lives as long as its clients.
    func client() -> HTTPClient {
        HTTPClient(server, port: port, host: setup.isPHP ? "php.localhost" : "app.localhost")
    }
}

/// Rules files.
enum Rules {
    /// Ten requests per minute of any kind.
    static let ten = """
        policies:
          ten: { limit: 10 per minute, algorithm: sliding_window }
        rules:
          - match: { path: /** }
            count: api_key or address
            policies: [ten]

        """
}

extension LimiterProcess {
    /// A limiter with a store and a rules file of its own.
    convenience init(rules: String, flags: [String] = []) throws {
        let folder = try TemporaryFolder()
        try self.init(
            store: "embedded:\(folder.path("store"))",
            flags: ["--rules", folder.write(rules, to: "limits.yaml")] + flags, companions: [folder])
    }
}

extension Template {
    /// The template with a text replaced that must occur in it.
    func replacing(_ text: String, with other: String) throws -> Template {
        try #require(self.text.contains(text), "the template has no \(text)")
        return Template(text: self.text.replacing(text, with: other))
    }
}
