import Foundation
import Synchronization

/// A private Redis without persistence, on a Unix socket and optionally on TCP.
public final class RedisServer: Sendable {
    /// How clients reach the server.
    public enum Reach: Sendable {
        /// By a Unix socket.
        case socket
        /// By a Unix socket and a free port on 127.0.0.1.
        case socketAndPort
        /// By a Unix socket and this port on 127.0.0.1.
        case socketAnd(FreePort)
    }

    /// The path of the Unix socket.
    public var socket: String { folder.path("redis.sock") }

    /// The TCP port; 0 without one.
    public let port: Int

    private let folder: TemporaryFolder
    private let end: Cable.End?
    private let process: Mutex<ServerProcess>

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - reach: how clients reach the server.
    ///   - options: lines of `redis.conf`, such as `requirepass secret`.
    ///   - end: the end of a cable at which it runs; `nil` for this machine's own network.
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

    /// Whether the server is a Redis before version 7.
    public static let isBeforeSeven: Bool = {
        let outcome = try? Program("redis-server", package: "redis-server").run(["--version"])
        return outcome?.text.firstMatch(of: /Redis server v=[0-6]\./) != nil
    }()

    /// A server with cluster support that knows no other node and has no slots.
    ///
    /// - Throws: ``ServerError`` when Redis is not installed, or does not start.
    public static func clusterNode() throws -> RedisServer {
        let ports = try ClusterPorts()
        let options = ["cluster-enabled yes", "cluster-config-file nodes.conf"] + ports.options
        return try RedisServer(.socketAnd(ports.client), options: options)
    }

    /// The number of the port for other nodes of a cluster.
    public var busPort: String {
        get throws {
            if Self.isBeforeSeven { return "\(port + ClusterPorts.distance)" }
            let lines = try command("CONFIG", "GET", "cluster-port").split(separator: "\n")
            return lines.last.map(String.init) ?? ""
        }
    }

    /// Makes the server the master of a whole cluster.
    ///
    /// Before version 7 a command names each slot.
    public func takeAllSlots() throws {
        let slots = (0..<16_384).map { "\($0)" }
        _ = try Program("redis-cli", package: "redis-tools").run(["-s", socket, "CLUSTER", "ADDSLOTS"] + slots)
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

    /// Shuts the server down as an operator would.
    public func stop() {
        process.withLock { $0.stop() }
    }

    /// Starts the server again with the same options and no keys, after stopping it if it runs.
    public func restart() throws {
        try process.withLock { process in
            process.stop()
            process = try Self.start(in: folder, at: end)
        }
    }

    /// Sends a command and returns the answer: a line per element, without the last line end.
    ///
    /// - Parameters:
    ///   - words: the command and its arguments.
    ///   - database: the number of the database.
    ///   - user: the Redis user; `nil` for the default user.
    ///   - password: the user's password; `nil` to skip authentication.
    /// - Returns: the answer, which may be an error reply.
    /// - Throws: ``ServerError`` when the connection or the login fails.
    @discardableResult
    public func command(
        _ words: String..., database: Int = 0, user: String? = nil, password: String? = nil
    ) throws -> String {
        let client = try RedisClient(.socket(socket), user: user, password: password)
        if database != 0 { _ = try client.ask(["SELECT", "\(database)"]) }
        return try client.ask(words)
    }
}
