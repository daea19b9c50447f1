import Foundation
import Synchronization

/// The limiter that was built together with the tests, on a unix socket of its own.
public final class LimiterProcess: Sendable {
    /// The socket's path, the same again after a restart.
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
    ///   - store: as after `--store`.
    ///   - flags: further flags of `serve`.
    ///   - environment: variables besides those of the tests.
    ///   - companions: what is to live as long as it does.
    ///   - end: the end of a cable that it runs at; `nil` is this machine's own network.
    /// - Throws: ``ServerError`` when it does not start.
    public init(
        store: String, flags: [String] = [], environment: [String: String] = [:], companions: [any Sendable] = [],
        at end: Cable.End? = nil
    ) throws {
        self.companions = companions
        self.end = end
        folder = try TemporaryFolder()
        socket = folder.path("fcgi-limiter.sock")
        // A web server that gave up root must reach it. Deadlines are met late on a machine that has other things to do.
        let patience = flags.contains("--store-deadline") ? [] : ["--store-deadline", "10000"]
        arguments =
            ["serve", "--listen", "unix:\(socket)", "--socket-mode", "0666", "--store", store] + patience + flags
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

    /// All that it wrote, before a restart too.
    public var logText: String { folder.text(of: "fcgi-limiter.log") }

    /// The lines that it wrote at this level, each without what stands in front of the message.
    public func logLines(_ level: String) -> [String] {
        logText.split(separator: "\n").filter { $0.contains(" \(level) ") }.compactMap { line in
            line.range(of: "] ").map { String(line[$0.upperBound...]) }
        }
    }

    /// The number of the process that runs, or ran last.
    public var pid: Int32 { process.withLock(\.pid) }

    /// Its resident memory in bytes, from `/proc`.
    public var residentBytes: Int {
        let pages = (try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8))?.split(separator: " ")
        return (pages?.dropFirst().first.flatMap { Int($0) } ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Sends it a signal.
    public func send(_ signal: Int32) {
        process.withLock { $0.send(signal) }
    }

    /// Waits for it to end by itself; as ``ServerProcess/waitForEnd(deadline:)``.
    public func waitForEnd(deadline: Double) -> Int32? {
        process.withLock { $0.waitForEnd(deadline: deadline) }
    }

    /// Starts it anew on the same socket, with the same flags, once it has ended.
    ///
    /// - Throws: ``ServerError`` when it does not start.
    public func restart() throws {
        try process.withLock { process in
            process.stop()
            process = try Self.start(arguments, environment, folder, at: end)
        }
    }
}
