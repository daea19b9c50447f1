import Foundation

/// A private nginx with a test's own configuration, or with `nginx/example.conf` as in `make run`.
public final class NginxServer: Sendable {
    /// The server's port on 127.0.0.1.
    public let port: Int

    private let folder: TemporaryFolder
    private let companions: [any Sendable]
    private let process: ServerProcess

    /// Starts nginx in front of limiters, which receive requests in turn and live as long as nginx.
    ///
    /// - Throws: ``ServerError`` when nginx is not installed, or does not start.
    public convenience init(_ limiters: LimiterProcess...) throws {
        try self.init(limiters)
    }

    /// Starts nginx in front of limiters, which receive requests in turn and live as long as nginx.
    ///
    /// - Throws: ``ServerError`` when nginx is not installed, or does not start.
    public convenience init(_ limiters: [LimiterProcess]) throws {
        try self.init(sockets: limiters.map(\.socket), limiters)
    }

    /// Starts nginx in front of a FastCGI server on this socket.
    ///
    /// - Throws: ``ServerError`` when nginx is not installed, or does not start.
    public convenience init(socket: String) throws {
        try self.init(sockets: [socket], [])
    }

    private convenience init(sockets: [String], _ limiters: [LimiterProcess]) throws {
        let example = try Template(file: "nginx/example.conf")
        let server = "server unix:@folder@/fcgi-limiter.sock;"
        guard example.text.contains(server) else { throw ServerError("nginx/example.conf has no line \"\(server)\"") }
        let servers = sockets.map { "server unix:\($0);" }.joined(separator: "\n        ")
        try self.init(Template(text: example.text.replacing(server, with: servers)), companions: limiters)
    }

    /// Starts nginx with a configuration.
    ///
    /// - Parameters:
    ///   - template: the configuration; `@folder@`, `@port@` and `@nginx@` are filled in.
    ///   - values: values of further names in the template.
    ///   - files: files to write into its folder first.
    ///   - companions: objects that must live as long as the server.
    /// - Throws: ``ServerError`` when nginx is not installed, or does not start.
    public convenience init(
        _ template: Template, _ values: [String: String] = [:], files: [String: String] = [:],
        companions: [any Sendable] = []
    ) throws {
        do {
            try self.init(template, values, files, companions, port: FreePort().number)
        } catch let error as ServerError where error.description.contains("Address already in use") {
            // Another process took the port in the meantime.
            try self.init(template, values, files, companions, port: FreePort().number)
        }
    }

    private init(
        _ template: Template, _ values: [String: String], _ files: [String: String], _ companions: [any Sendable],
        port: Int
    ) throws {
        self.port = port
        self.companions = companions
        let folder = try TemporaryFolder()
        self.folder = folder
        try folder.write(files)
        let own = ["folder": folder.path, "port": "\(port)", "nginx": Template.path("nginx")]
        try folder.write(template.filled(values.merging(own) { $1 }), to: "nginx.conf")

        let address = ServerAddress.tcp(port: port)
        process = try ServerProcess(
            Program("nginx", package: "nginx"), ["-e", "stderr", "-p", folder.path, "-c", folder.path("nginx.conf")],
            in: folder, whenOrphaned: .terminate
        ) {
            // The pid file exists once the server has the port, so that no other server is mistaken for it.
            access(folder.path("nginx.pid"), R_OK) == 0 && address.accepts
        }
    }

    /// A client with a connection of its own.
    public func client() -> HTTPClient {
        HTTPClient(self, port: port)
    }

    /// Reloads the configuration: new workers take over, and the old ones finish their requests.
    public func reload() {
        process.send(SIGHUP)
    }

    /// Ends nginx and its workers as a crash would.
    public func kill() { Foundation.kill(-process.pid, SIGKILL) }

    /// The log.
    public var logText: String { process.logText }
}
