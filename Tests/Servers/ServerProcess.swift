import Foundation

/// A server that ends with this object, or when the tests are killed.
public final class ServerProcess: Sendable {
    private let child: ChildProcess
    private let folder: TemporaryFolder
    private let log: String
    private let name: String

    /// The server's process.
    public var pid: Int32 { child.pid }

    /// The exit status, or the negated number of the signal that ended the process; `nil` while it runs.
    public var endStatus: Int32? { child.endStatus }

    /// The server's standard output and standard error.
    public var logText: String { folder.text(of: log) }

    /// The signal for the server when the tests are killed.
    public enum WhenOrphaned: Sendable {
        /// SIGKILL, which also ends a stopped server.
        case kill
        /// SIGTERM, for a server with child processes, such as nginx and Apache.
        case terminate
    }

    /// Starts a server and waits until it is ready.
    ///
    /// - Parameters:
    ///   - program: the program, which must stay in the foreground.
    ///   - arguments: the program's arguments.
    ///   - environment: variables in addition to those of the tests.
    ///   - folder: the folder for the log, which is named after the program.
    ///   - descriptors: descriptors of this process to pass on, by their numbers in the server.
    ///   - whenOrphaned: the signal for the server when the tests are killed.
    ///   - deadline: seconds until the server must be ready.
    ///   - isReady: polled until it returns true.
    /// - Throws: ``ServerError`` with the end of the log when the server ends first or is not ready in time.
    public init(
        _ program: Program, _ arguments: [String] = [], environment: [String: String] = [:], in folder: TemporaryFolder,
        descriptors: [Int32: Int32] = [:], whenOrphaned: WhenOrphaned = .kill, deadline: Double = 10,
        isReady: () throws -> Bool = { true }
    ) throws {
        name = URL(fileURLWithPath: program.path).lastPathComponent
        log = name + ".log"
        self.folder = folder
        child = try ChildProcess(
            program, arguments, environment: environment, orphanSignal: whenOrphaned == .kill ? .kill : .term,
            output: folder.path(log), errors: folder.path(log), descriptors: descriptors)

        let end = Date(timeIntervalSinceNow: deadline)
        while try !isReady() {
            if let status = endStatus { throw ServerError("\(name) ended with status \(status): \(logTail)") }
            guard Date() < end else {
                stop()
                throw ServerError("\(name) was not ready after \(deadline) s: \(logTail)")
            }
            usleep(5_000)
        }
    }

    deinit {
        stop()
    }

    /// Sends the server a signal.
    public func send(_ signal: Int32) {
        if endStatus == nil { kill(pid, signal) }
    }

    /// Ends the server with SIGTERM, or with SIGKILL after three seconds, and waits until it has ended.
    public func stop() {
        send(SIGTERM)
        // A stopped process does not handle SIGTERM.
        send(SIGCONT)
        if waitForEnd(deadline: 3) == nil { send(SIGKILL) }
        child.finish()
    }

    /// Waits until the server ends by itself.
    ///
    /// - Parameter deadline: seconds.
    /// - Returns: the ``endStatus``; `nil` if the server still runs at the deadline.
    public func waitForEnd(deadline: Double) -> Int32? {
        let end = Date(timeIntervalSinceNow: deadline)
        while endStatus == nil, Date() < end { usleep(2_000) }
        return endStatus
    }

    private var logTail: String {
        logText.split(separator: "\n").suffix(5).joined(separator: "\n")
    }
}
