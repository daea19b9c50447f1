import Foundation

/// The dashboard from the same build as the tests, on a private Unix socket.
public final class DashboardProcess: Sendable {
    /// The socket's path.
    public let socket: String

    private let folder: TemporaryFolder
    private let companions: [any Sendable]
    private let process: ServerProcess

    /// Starts a dashboard and waits until it accepts connections.
    ///
    /// - Parameters:
    ///   - postgres: the value of `--postgres`; `nil` for none.
    ///   - store: the value of `--store`; `nil` for a store that does not exist.
    ///   - flags: further flags.
    ///   - companions: objects that must live as long as the process.
    /// - Throws: ``ServerError`` when it does not start.
    public init(
        postgres: String?, store: String? = nil, flags: [String] = [], companions: [any Sendable] = []
    ) throws {
        self.companions = companions
        folder = try TemporaryFolder()
        socket = folder.path("dashboard.sock")
        let address = ServerAddress.unix(path: socket)
        // A web server that has dropped root must reach the socket.
        let arguments =
            [
                "--listen", "unix:\(socket)", "--socket-mode", "0666", "--store",
                store ?? "embedded:\(folder.path("none"))",
            ]
            + (postgres.map { ["--postgres", $0] } ?? []) + flags
        process = try ServerProcess(Program(built: "fcgi-limiter-dashboard"), arguments, in: folder) { address.accepts }
    }

    /// The log.
    public var logText: String { process.logText }

    /// The process id.
    public var pid: Int32 { process.pid }

    /// Sends the process a signal.
    public func send(_ signal: Int32) { process.send(signal) }

    /// Waits until the process ends by itself; see ``ServerProcess/waitForEnd(deadline:)``.
    public func waitForEnd(deadline: Double) -> Int32? { process.waitForEnd(deadline: deadline) }
}
