import Servers
import Synchronization
import Testing

@testable import FastCGI

@Suite("Requests that the application puts off")
struct PostponedTests {
    /// What the application was asked.
    private final class Log: Sendable {
        let mayAnswer = Atomic(false)
        /// The tickets of requests for `later` in their order.
        let tickets = Mutex<[Int?]>([])
    }

    /// Puts requests for `later` off until it may answer, with the next number as the ticket each time.
    private final class Waiting: Application {
        private let log: Log

        init(_ log: Log) {
            self.log = log
        }

        func respond(to requests: [Request]) -> [Response] {
            requests.map { request in
                let text = request.text(of: "ECHO") ?? ""
                if text == "later" {
                    log.tickets.withLock { $0.append(request.ticket) }
                    if !log.mayAnswer.load(ordering: .acquiring) { return .postponed((request.ticket ?? 0) + 1) }
                }
                return Response(status: 200, reason: "OK", body: Array(text.utf8))
            }
        }
    }

    private static func server(_ log: Log) throws -> (server: Server, socket: String, folder: TemporaryFolder) {
        let folder = try TemporaryFolder()
        let listener = try Listener(.unix(path: folder.path("s"), mode: 0o600, group: nil))
        let server = Server(listener, report: { _ in }, makeApplication: { _ in Waiting(log) })
        server.start()
        return (server, folder.path("s"), folder)
    }

    @Test("the loop answers others meanwhile, and asks again with the ticket until there is an answer")
    func others() throws {
        let log = Log()
        let (server, socket, folder) = try Self.server(log)
        defer { server.stop() }
        let waiting = try Peer(socket)
        try waiting.send(Records.request(["ECHO": "later"]))
        #expect(waitUntil { log.tickets.withLock { $0.count > 3 } })
        for number in 0..<100 {
            #expect(try Peer(socket).ask(Records.request(["ECHO": "\(number)"])).text == "\(number)")
        }
        // What is sent meanwhile on the same connection is answered afterwards.
        try waiting.send(Records.request(["ECHO": "next"]))
        log.mayAnswer.store(true, ordering: .releasing)
        #expect(try waiting.answer().text == "later")
        #expect(try waiting.answer().text == "next")
        let tickets = log.tickets.withLock { $0 }
        #expect(tickets == [nil] + (1..<tickets.count).map { $0 })
        withExtendedLifetime(folder) {}
    }

    @Test("a client that disconnects harms nobody, and a stopping server answers first")
    func ends() throws {
        let log = Log()
        let (server, socket, folder) = try Self.server(log)
        do {
            let gone = try Peer(socket)
            try gone.send(Records.request(["ECHO": "later"]))
            #expect(waitUntil { log.tickets.withLock { !$0.isEmpty } })
        }
        let waiting = try Peer(socket)
        try waiting.send(Records.request(["ECHO": "later"]))
        #expect(waitUntil { log.tickets.withLock { $0.count { $0 == nil } } == 2 })
        let stopping = StoppingThread(server)
        log.mayAnswer.store(true, ordering: .releasing)
        #expect(try waiting.answer().text == "later")
        stopping.join()
        withExtendedLifetime(folder) {}
    }
}
