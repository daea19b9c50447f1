import Foundation

/// A server that a test started: it ends with the test, with the object, or when the tests are killed.
public final class ServerProcess: Sendable {
    private let child: ChildProcess
    private let folder: TemporaryFolder
    private let log: String
    private let name: String

    /// The server's process.
    public var pid: Int32 { child.pid }

    /// The exit status, or the ending signal's number below 0; `nil` while it runs.
    public var endStatus: Int32? { child.endStatus }

    /// All that the server wrote to its standard output and standard error.
    public var logText: String { folder.text(of: log) }

    /// What the server is sent when the tests are killed.
    public enum WhenOrphaned: Sendable {
        /// SIGKILL, which even a stopped server obeys.
        case kill
        /// SIGTERM, for a server that must end processes of its own, such as nginx and Apache.
        case terminate
    }

    /// Starts a server and waits until it is ready.
    ///
    /// - Parameters:
    ///   - program: the server's program, which must stay in the foreground.
    ///   - arguments: what it is started with.
    ///   - environment: variables besides those of the tests.
    ///   - folder: where its log is written, as the program's name and `.log`.
    ///   - descriptors: descriptors of this process that it is given, by the numbers that it has them under.
    ///   - whenOrphaned: how it is ended when the tests are killed.
    ///   - deadline: seconds until it must be ready.
    ///   - isReady: asked again and again; a server that needs no waiting leaves it out.
    /// - Throws: ``ServerError`` with the end of its log when it ends first or is not ready in time.
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

    /// Ends the server: asks it by SIGTERM, makes it by SIGKILL after three seconds, and waits until it has ended.
    public func stop() {
        send(SIGTERM)
        // A stopped process takes no notice otherwise.
        send(SIGCONT)
        if waitForEnd(deadline: 3) == nil { send(SIGKILL) }
        child.finish()
    }

    /// Waits for the server to end by itself.
    ///
    /// - Parameter deadline: seconds.
    /// - Returns: as ``endStatus``; `nil` when it still runs at the deadline.
    public func waitForEnd(deadline: Double) -> Int32? {
        let end = Date(timeIntervalSinceNow: deadline)
        while endStatus == nil, Date() < end { usleep(2_000) }
        return endStatus
    }

    private var logTail: String {
        logText.split(separator: "\n").suffix(5).joined(separator: "\n")
    }
}
