import Glibc
import Servers
import Synchronization

@testable import FastCGI

/// A server within the tests, on a Unix socket of its own.
///
/// Its answer is the value of `ECHO`, followed by `SIZE` bytes and, with `BODY`, by the request's body.
final class EchoServer {
    let socket: String
    private let connections = ConnectionCount()
    private let folder: TemporaryFolder
    private let reportedLines = Reports()
    private var server: Server?

    private final class Reports: Sendable {
        let lines = Mutex<[String]>([])
    }

    /// Starts the server.
    ///
    /// - Parameters:
    ///   - loops: how many event loops.
    ///   - workers: how many threads answer; `nil` if the loops do.
    ///   - limits: how long connections may take, and how many there may be.
    ///   - meanwhile: called with each batch before it is answered.
    /// - Throws: an error of the system.
    init(
        loops: Int = 1, workers: Int? = nil, limits: ConnectionLimits = ConnectionLimits(),
        meanwhile: @escaping @Sendable ([Request]) -> Void = { _ in }
    ) throws {
        folder = try TemporaryFolder()
        socket = folder.path("echo.sock")
        let listener = try Listener(.unix(path: socket, mode: 0o600, group: nil))
        let report = { @Sendable [reportedLines] (line: String) in reportedLines.lines.withLock { $0.append(line) } }
        let server = Server(
            listener, loops: loops, workers: workers, connections: connections, limits: limits, report: report,
            makeApplication: { _ in EchoApplication(meanwhile) })
        server.start()
        self.server = server
    }

    deinit {
        stop()
    }

    /// The number of open connections.
    var openConnections: Int { connections.value }

    /// What the server logged about its peers.
    var reports: [String] { reportedLines.lines.withLock { $0 } }

    /// Stops the server, and removes its socket.
    func stop() {
        server?.stop()
        server = nil
    }

    /// Has another thread stop the server, and returns when the loops have been told and that thread waits for them.
    func beginStopping() -> StoppingThread {
        let thread = StoppingThread(server)
        server = nil
        thread.waitUntilBlocked()
        return thread
    }

    /// Whether the server still answers, with which each test of a bad peer ends.
    func answersOthers() throws -> Bool {
        try Peer(socket).ask(Records.request(["ECHO": "still here"])).text == "still here"
    }

    /// Waits until the number of open connections is `count`.
    func waitForConnections(_ count: Int) -> Bool {
        waitUntil { openConnections == count }
    }
}

private final class EchoApplication: Application {
    private let meanwhile: @Sendable ([Request]) -> Void

    init(_ meanwhile: @escaping @Sendable ([Request]) -> Void) {
        self.meanwhile = meanwhile
    }

    func respond(to requests: [Request]) -> [Response] {
        meanwhile(requests)
        return requests.map { request in
            var body = Array(request.bytes(of: "ECHO") ?? [])
            if let size = request.text(of: "SIZE").flatMap({ Int($0) }) { body += EchoServer.filling(size) }
            if request.bytes(of: "BODY") != nil { body += request.body ?? Array("none".utf8) }
            var response = Response(status: 200, reason: "OK", body: body)
            response.addHeader("Content-Type", "text/plain")
            if let value = request.bytes(of: "HEADER") { response.addHeader("X-Header") { $0 += value } }
            response.addHeader("X-Role") { $0 += Array("\(request.role)".utf8) }
            response.sendsBody = request.text(of: "REQUEST_METHOD") != "HEAD"
            return response
        }
    }
}

extension EchoServer {
    /// Bytes in which a missing or doubled piece shows; at most 6 MiB.
    static func filling(_ count: Int) -> [UInt8] {
        Array(pattern.prefix(count))
    }

    private static let pattern: [UInt8] = {
        var bytes: [UInt8] = []
        var state: UInt32 = 1
        while bytes.count < 65_521 {
            state = state &* 1_664_525 &+ 1_013_904_223
            bytes.append(UInt8(state >> 24))
        }
        return Array([[UInt8]](repeating: bytes, count: 97).joined())
    }()
}
