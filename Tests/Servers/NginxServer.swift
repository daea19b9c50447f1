import Foundation

/// nginx as `make run` starts it: by `nginx/example.conf` of this package, with the names in `@...@` filled in.
public final class NginxServer: Sendable {
    /// The port of 127.0.0.1 that it listens on.
    public let port: Int

    private let folder: TemporaryFolder
    private let limiters: [LimiterProcess]
    private let process: ServerProcess

    /// Starts nginx in front of limiters, which live as long as it does; requests go to them in turn.
    ///
    /// - Throws: ``ServerError`` when nginx is not installed, or does not start.
    public convenience init(_ limiters: LimiterProcess...) throws {
        try self.init(limiters)
    }

    /// Starts nginx in front of limiters, which live as long as it does; requests go to them in turn.
    ///
    /// - Throws: ``ServerError`` when nginx is not installed, or does not start.
    public convenience init(_ limiters: [LimiterProcess]) throws {
        try self.init(sockets: limiters.map(\.socket), limiters)
    }

    /// Starts nginx in front of what listens on this socket.
    ///
    /// - Throws: ``ServerError`` when nginx is not installed, or does not start.
    public convenience init(socket: String) throws {
        try self.init(sockets: [socket], [])
    }

    private convenience init(sockets: [String], _ limiters: [LimiterProcess]) throws {
        do {
            try self.init(sockets, limiters, port: FreePort().number)
        } catch let error as ServerError where error.description.contains("Address already in use") {
            // Somebody was given the port in the meantime.
            try self.init(sockets, limiters, port: FreePort().number)
        }
    }

    private init(_ sockets: [String], _ limiters: [LimiterProcess], port: Int) throws {
        self.port = port
        self.limiters = limiters
        let folder = try TemporaryFolder()
        self.folder = folder
        let snippets = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../nginx").standardizedFileURL.path
        let example = try String(contentsOfFile: "\(snippets)/example.conf", encoding: .utf8)
        let server = "server unix:@folder@/fcgi-limiter.sock;"
        guard example.contains(server) else { throw ServerError("nginx/example.conf has no line \"\(server)\"") }
        let configuration =
            example
            .replacing(server, with: sockets.map { "server unix:\($0);" }.joined(separator: "\n        "))
            .replacing("@folder@", with: folder.path)
            .replacing("@port@", with: "\(port)")
            .replacing("@nginx@", with: snippets)
        try folder.write(configuration, to: "nginx.conf")

        let address = ServerAddress.tcp(port: port)
        process = try ServerProcess(
            Program("nginx", package: "nginx"), ["-e", "stderr", "-p", folder.path, "-c", folder.path("nginx.conf")],
            in: folder, whenOrphaned: .terminate
        ) {
            // Its file is there when it has the port, so that nobody else is taken for it.
            access(folder.path("nginx.pid"), R_OK) == 0 && address.accepts
        }
    }

    /// A client with a connection of its own.
    public func client() -> HTTPClient {
        HTTPClient(self, port: port)
    }

    /// What it wrote.
    public var logText: String { process.logText }
}
