import Foundation
import Synchronization

/// A private Redis with a replica and three Sentinels, all on ports of 127.0.0.1.
public final class RedisSentinels: Sendable {
    /// The Sentinels' name for the master.
    public static let name = "limits"

    /// The servers; the first is the initial master.
    public let servers: [RedisServer]
    /// The Sentinels' ports without TLS.
    public let ports: [Int]
    private let tlsPorts: [FreePort]?
    private let certificates: Certificates?

    private let folders: [TemporaryFolder]
    private let processes: Mutex<[ServerProcess]>

    /// Starts all servers and waits until each Sentinel knows the others and the replica.
    ///
    /// - Parameters:
    ///   - silence: milliseconds without an answer after which a Sentinel considers the master down.
    ///   - options: lines of each server's `redis.conf`.
    ///   - sentinelOptions: lines of each Sentinel's configuration after the line that names the master.
    ///   - password: the password of the Sentinels, if their options require one.
    ///   - certificates: where all servers get certificates; `nil` for servers without TLS.
    /// - Throws: ``ServerError`` when Redis is not installed, or a server does not start.
    public init(
        silence: Int = 1_000, options: [String] = [], sentinelOptions: [String] = [], password: String? = nil,
        certificates: Certificates? = nil
    ) throws {
        let certificate = try certificates?.issue()
        let serverPorts = try (0..<2).map { _ in try FreePort() }
        func tls(_ port: FreePort) -> [String] { certificates?.options(only: port, certificate) ?? [] }
        let master = try RedisServer(.socketAnd(serverPorts[0]), options: options + tls(serverPorts[0]))
        let replica = try RedisServer(
            .socketAnd(serverPorts[1]),
            options: ["replicaof 127.0.0.1 \(master.port)"] + Self.replicaOptions + options + tls(serverPorts[1]))
        servers = [master, replica]
        let ports = try (0..<3).map { _ in try FreePort().number }
        self.ports = ports
        let tlsPorts = try certificates.map { _ in try ports.map { _ in try FreePort() } }
        self.tlsPorts = tlsPorts
        self.certificates = certificates
        var folders: [TemporaryFolder] = []
        var processes: [ServerProcess] = []
        for (index, port) in ports.enumerated() {
            let folder = try TemporaryFolder()
            // The plain port stays, for commands of the tests.
            let lines =
                (tlsPorts.map { tls($0[index]) } ?? []) + [
                    "port \(port)", "bind 127.0.0.1", "dir \(folder.path)",
                    "sentinel monitor \(Self.name) 127.0.0.1 \(master.port) 2",
                    "sentinel down-after-milliseconds \(Self.name) \(silence)",
                    // Half of this time passes between two attempts.
                    "sentinel failover-timeout \(Self.name) 4000",
                ]
            try folder.write((lines + sentinelOptions).joined(separator: "\n") + "\n", to: "sentinel.conf")
            folders.append(folder)
            processes.append(try Self.start(port, in: folder))
        }
        self.folders = folders
        self.processes = Mutex(processes)
        guard try waitUntil({ try isWhole(password) }) else { throw ServerError("the Redis Sentinels did not come up") }
    }

    /// Options for a replica that follows quickly.
    private static let replicaOptions = ["repl-diskless-sync-delay 0", "repl-ping-replica-period 1"]

    private static func start(_ port: Int, in folder: TemporaryFolder) throws -> ServerProcess {
        let address = ServerAddress.tcp(port: port)
        return try ServerProcess(
            Program("redis-server", package: "redis-server"), [folder.path("sentinel.conf"), "--sentinel"], in: folder
        ) { address.accepts }
    }

    /// The store address of the Sentinels, without a user.
    public var location: String {
        let ports = tlsPorts?.map(\.number) ?? ports
        return (tlsPorts == nil ? "redis" : "rediss") + "+sentinel://"
            + ports.map { "127.0.0.1:\($0)" }.joined(separator: ",") + "/\(Self.name)" + (certificates?.query ?? "")
    }

    /// Whether every Sentinel knows the two others and a connected replica.
    private func isWhole(_ password: String?) throws -> Bool {
        try ports.allSatisfy { port in
            let master = try command(to: port, "SENTINEL", "MASTER", Self.name, password: password)
            let fields = master.split(separator: "\n").map(String.init)
            let replicas = try command(to: port, "SENTINEL", "REPLICAS", Self.name, password: password)
            return Self.field("num-other-sentinels", fields) == "2" && Self.field("num-slaves", fields) == "1"
                && replicas.contains("master-link-status\nok")
        }
    }

    private static func field(_ name: String, _ fields: [String]) -> String? {
        fields.firstIndex(of: name).flatMap { fields.indices.contains($0 + 1) ? fields[$0 + 1] : nil }
    }

    /// The server that the Sentinels consider the master; `nil` while they name none of ours.
    public func master(password: String? = nil) throws -> RedisServer? {
        let lines = try command(to: ports[0], "SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self.name, password: password)
        let port = lines.split(separator: "\n").last.flatMap { Int($0) }
        return servers.first { $0.port == port }
    }

    /// Starts a failover to the replica although the master is healthy.
    ///
    /// Returns at once.
    public func failOver(password: String? = nil) throws {
        let answer = try command(to: ports[0], "SENTINEL", "FAILOVER", Self.name, password: password)
        guard answer == "OK" else { throw ServerError("SENTINEL FAILOVER: \(answer)") }
    }

    /// Sends one of the Sentinels a signal.
    ///
    public func send(_ signal: Int32, toSentinel index: Int) {
        processes.withLock { $0[index].send(signal) }
    }

    /// The answer of the Sentinel on this port; see ``RedisServer/command(_:database:user:password:)``.
    public func command(to port: Int, _ words: String..., password: String? = nil) throws -> String {
        try RedisClient(.port(port), password: password).ask(words)
    }
}
