import Foundation
import Synchronization

/// The limiter from the same build as the tests, on a private Unix socket.
public final class LimiterProcess: Sendable {
    /// The socket's path, which a restart keeps.
    public let socket: String

    private let folder: TemporaryFolder
    private let arguments: [String]
    private let environment: [String: String]
    private let companions: [any Sendable]
    private let end: Cable.End?
    private let process: Mutex<ServerProcess>

    /// Starts a limiter and waits until it accepts connections.
    ///
    /// - Parameters:
    ///   - store: the value of `--store`.
    ///   - flags: further flags of `serve`.
    ///   - environment: variables in addition to those of the tests. The rules are those of `bench/limits.yaml` unless a
    ///     flag or a variable names others.
    ///   - companions: objects that must live as long as the process.
    ///   - end: the end of a cable at which it runs; `nil` for this machine's own network.
    /// - Throws: ``ServerError`` when it does not start.
    public init(
        store: String, flags: [String] = [], environment: [String: String] = [:], companions: [any Sendable] = [],
        at end: Cable.End? = nil
    ) throws {
        self.companions = companions
        self.end = end
        folder = try TemporaryFolder()
        socket = folder.path("fcgi-limiter.sock")
        // A web server that has dropped root must reach the socket. Short deadlines are missed on a busy machine.
        let patience = flags.contains("--store-deadline") ? [] : ["--store-deadline", "10000"]
        // Limiters of other tests must not share the fallback store.
        let local = flags.contains("--local-store") ? [] : ["--local-store", "embedded:\(folder.path("local"))"]
        arguments =
            ["serve", "--listen", "unix:\(socket)", "--socket-mode", "0666", "--store", store] + patience + local
            + flags
        let environment = ["FCGI_LIMITER_RULES": Template.path("bench/limits.yaml")].merging(environment) { $1 }
        self.environment = environment
        process = Mutex(try Self.start(arguments, environment, folder, at: end))
    }

    private static func start(
        _ arguments: [String], _ environment: [String: String], _ folder: TemporaryFolder, at end: Cable.End?
    ) throws -> ServerProcess {
        let address = ServerAddress.unix(path: folder.path("fcgi-limiter.sock"))
        let limiter = (try Program(built: "fcgi-limiter"), arguments)
        let (program, arguments) = try end?.command(limiter.0, limiter.1) ?? limiter
        return try ServerProcess(program, arguments, environment: environment, in: folder) { address.accepts }
    }

    /// The whole log, including the time before a restart.
    public var logText: String { folder.text(of: "fcgi-limiter.log") }

    /// The messages of the log at this level.
    public func logLines(_ level: String) -> [String] {
        logText.split(separator: "\n").filter { $0.contains(" \(level) ") }.compactMap { line in
            line.range(of: " fcgi-limiter: ").map { String(line[$0.upperBound...]) }
        }
    }

    /// The id of the current or last process.
    public var pid: Int32 { process.withLock(\.pid) }

    /// The resident memory in bytes, from `/proc`.
    public var residentBytes: Int {
        let pages = (try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8))?.split(separator: " ")
        return (pages?.dropFirst().first.flatMap { Int($0) } ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Sends the process a signal.
    public func send(_ signal: Int32) {
        process.withLock { $0.send(signal) }
    }

    /// Waits until the process ends by itself; see ``ServerProcess/waitForEnd(deadline:)``.
    public func waitForEnd(deadline: Double) -> Int32? {
        process.withLock { $0.waitForEnd(deadline: deadline) }
    }

    /// Starts an ended limiter again with the same socket and flags.
    ///
    /// - Throws: ``ServerError`` when it does not start.
    public func restart() throws {
        try process.withLock { process in
            process.stop()
            process = try Self.start(arguments, environment, folder, at: end)
        }
    }
}
