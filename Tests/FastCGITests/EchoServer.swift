import FastCGI
import Glibc
import Servers
import Synchronization

/// A server within the tests, on a unix socket of its own.
///
/// Its answer is the value of `ECHO` and, behind it, as many bytes as `SIZE` says.
final class EchoServer {
    let socket: String
    private let connections = ConnectionCount()
    private let folder: TemporaryFolder
    private let reportedLines = Reports()
    private var server: Server?

    private final class Reports: Sendable {
        let lines = Mutex<[String]>([])
    }

    /// Starts it; `meanwhile` is called with each batch before it is answered.
    ///
    /// With `workers` these answer, and there is one loop.
    init(
        loops: Int = 1, workers: Int? = nil, meanwhile: @escaping @Sendable ([Request]) -> Void = { _ in }
    ) throws {
        folder = try TemporaryFolder()
        socket = folder.path("echo.sock")
        let listener = try Listener(.unix(path: socket, mode: 0o600, group: nil))
        let report = { @Sendable [reportedLines] (line: String) in reportedLines.lines.withLock { $0.append(line) } }
        let makeApplication = { @Sendable (_: Int) in EchoApplication(meanwhile) }
        let server =
            if let workers {
                Server(
                    listener, workers: workers, connections: connections, report: report,
                    makeApplication: makeApplication)
            } else {
                Server(
                    listener, loops: loops, connections: connections, report: report, makeApplication: makeApplication)
            }
        server.start()
        self.server = server
    }

    deinit {
        stop()
    }

    /// How many connections are open.
    var openConnections: Int { connections.value }

    /// What the server said of its peers.
    var reports: [String] { reportedLines.lines.withLock { $0 } }

    /// Stops it; the socket goes with it.
    func stop() {
        server?.stop()
        server = nil
    }

    /// Has another thread stop it, and returns when that one waits for the loops, which have been told.
    func beginStopping() -> StoppingThread {
        let thread = StoppingThread(server)
        server = nil
        thread.waitUntilBlocked()
        return thread
    }

    /// Whether it still answers: the question that each test of a bad peer ends with.
    func answersOthers() throws -> Bool {
        try Peer(socket).ask(Records.request(["ECHO": "still here"])).text == "still here"
    }

    /// Waits until so many connections are open.
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
    /// Bytes in which a missing or doubled piece shows: at most 6 MiB.
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
