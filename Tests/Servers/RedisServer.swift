import Foundation
import Synchronization

/// A private Redis on a unix socket, and on TCP where asked, that keeps nothing.
public final class RedisServer: Sendable {
    /// How it can be reached.
    public enum Reach: Sendable {
        /// By its unix socket.
        case socket
        /// By its unix socket and by a free port of 127.0.0.1.
        case socketAndPort
        /// By its unix socket and by this port of 127.0.0.1.
        case socketAnd(FreePort)
    }

    /// The unix socket's path.
    public var socket: String { folder.path("redis.sock") }

    /// The TCP port; 0 where it has none.
    public let port: Int

    private let folder: TemporaryFolder
    private let end: Cable.End?
    private let process: Mutex<ServerProcess>

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - reach: how it can be reached.
    ///   - options: lines of `redis.conf`, such as `requirepass secret`.
    ///   - end: the end of a cable that it runs at; `nil` is this machine's own network.
    /// - Throws: ``ServerError`` when Redis is not installed, or does not start.
    public init(_ reach: Reach = .socket, options: [String] = [], at end: Cable.End? = nil) throws {
        folder = try TemporaryFolder()
        self.end = end
        port =
            switch reach {
            case .socket: 0
            case .socketAndPort: try FreePort().number
            case .socketAnd(let port): port.number
            }
        let lines = [
            "port \(port)", "bind \(end?.host ?? "127.0.0.1")", "protected-mode no",
            "unixsocket \(folder.path("redis.sock"))", "unixsocketperm 777",
            "save \"\"", "appendonly no", "dir \(folder.path)",
        ]
        try folder.write((lines + options).joined(separator: "\n") + "\n", to: "redis.conf")
        process = Mutex(try Self.start(in: folder, at: end))
    }

    private static func start(in folder: TemporaryFolder, at end: Cable.End?) throws -> ServerProcess {
        let socket = ServerAddress.unix(path: folder.path("redis.sock"))
        let server = (try Program("redis-server", package: "redis-server"), [folder.path("redis.conf")])
        let (program, arguments) = try end?.command(server.0, server.1) ?? server
        return try ServerProcess(program, arguments, in: folder) { socket.accepts }
    }

    /// Sends the server a signal.
    public func send(_ signal: Int32) {
        process.withLock { $0.send(signal) }
    }

    /// Ends the server as an operator would.
    public func stop() {
        process.withLock { $0.stop() }
    }

    /// Ends the server if it runs, and starts it anew with the same options and no keys.
    public func restart() throws {
        try process.withLock { process in
            process.stop()
            process = try Self.start(in: folder, at: end)
        }
    }

    /// The answer to a command: a line for each element, without the last line's end.
    ///
    /// - Parameters:
    ///   - words: the command and its arguments.
    ///   - database: the database that it is about.
    ///   - user: who asks; `nil` is the default user.
    ///   - password: its password; `nil` does not authenticate.
    /// - Returns: the answer; an error reply is one, too.
    /// - Throws: ``ServerError`` when the server cannot be reached, or does not know the user.
    @discardableResult
    public func command(
        _ words: String..., database: Int = 0, user: String? = nil, password: String? = nil
    ) throws -> String {
        let client = try RedisClient(.socket(socket), user: user, password: password)
        if database != 0 { _ = try client.ask(["SELECT", "\(database)"]) }
        return try client.ask(words)
    }
}
