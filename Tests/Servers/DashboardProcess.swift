import Foundation

/// The dashboard that was built together with the tests, on a unix socket of its own.
public final class DashboardProcess: Sendable {
    /// The socket's path.
    public let socket: String

    private let folder: TemporaryFolder
    private let companions: [any Sendable]
    private let process: ServerProcess

    /// Starts a dashboard and waits until it accepts connections.
    ///
    /// - Parameters:
    ///   - postgres: as after `--postgres`; `nil` names no database.
    ///   - store: as after `--store`; `nil` for one that no limiter has made.
    ///   - flags: further flags.
    ///   - companions: what is to live as long as it does.
    /// - Throws: ``ServerError`` when it does not start.
    public init(
        postgres: String?, store: String? = nil, flags: [String] = [], companions: [any Sendable] = []
    ) throws {
        self.companions = companions
        folder = try TemporaryFolder()
        socket = folder.path("dashboard.sock")
        let address = ServerAddress.unix(path: socket)
        // A web server that gave up root must reach it.
        let arguments =
            [
                "--listen", "unix:\(socket)", "--socket-mode", "0666", "--store",
                store ?? "embedded:\(folder.path("none"))",
            ]
            + (postgres.map { ["--postgres", $0] } ?? []) + flags
        process = try ServerProcess(Program(built: "fcgi-limiter-dashboard"), arguments, in: folder) { address.accepts }
    }

    /// What it wrote.
    public var logText: String { process.logText }

    /// The number of its process.
    public var pid: Int32 { process.pid }

    /// Sends it a signal.
    public func send(_ signal: Int32) { process.send(signal) }

    /// Waits for it to end by itself; as ``ServerProcess/waitForEnd(deadline:)``.
    public func waitForEnd(deadline: Double) -> Int32? { process.waitForEnd(deadline: deadline) }
}
