import FastCGI
import Glibc
import Servers
import Synchronization
import Testing

@Suite("A server that is told to stop")
struct StopTests {
    /// Holds the loop in the middle of an answer until it is opened.
    private final class Gate: Sendable {
        private let isOpen = Atomic(false)
        private let isReached = Atomic(false)

        func open() { isOpen.store(true, ordering: .releasing) }

        func pass() {
            isReached.store(true, ordering: .releasing)
            _ = waitUntil { isOpen.load(ordering: .acquiring) }
        }

        func waitUntilReached() -> Bool { waitUntil { isReached.load(ordering: .acquiring) } }
    }

    @Test("stop returns when nothing is asked, and the socket is gone")
    func idle() throws {
        let server = try EchoServer(loops: 3)
        let idle = try Peer(server.socket)
        #expect(try server.answersOthers())
        server.stop()
        #expect(idle.end() == .closed)
        #expect(throws: Peer.Failure.notConnected(errno: ENOENT)) { try Peer(server.socket) }
    }

    @Test("what was being answered, and what had been sent by then, is answered")
    func finishesWhatHasBegun() throws {
        let gate = Gate()
        let server = try EchoServer { requests in
            if requests.contains(where: { $0.text(of: "ECHO") == "first" }) { gate.pass() }
        }
        let first = try Peer(server.socket)
        // More than one turn of the loop takes.
        let later = try (0..<600).map { _ in try Peer(server.socket) }
        for peer in later { #expect(try peer.ask(Records.request(["ECHO": "a"])).text == "a") }

        try first.send(Records.request(["ECHO": "first"]))
        #expect(gate.waitUntilReached())
        for (number, peer) in later.enumerated() { try peer.send(Records.request(["ECHO": "later \(number)"])) }
        let stopping = server.beginStopping()
        defer { stopping.join() }
        gate.open()
        #expect(try first.answer().text == "first")
        for (number, peer) in later.enumerated() { #expect(try peer.answer().text == "later \(number)") }
        for peer in later + [first] { #expect(peer.end() == .closed) }
    }

    @Test("a request that is half there when the server is told to stop may still become whole")
    func finishesHalfRequest() throws {
        let gate = Gate()
        let server = try EchoServer { requests in
            if requests.contains(where: { $0.text(of: "ECHO") == "first" }) { gate.pass() }
        }
        let first = try Peer(server.socket)
        let half = try Peer(server.socket)
        let request = Records.request(["ECHO": "in two halves"])
        #expect(try half.ask(Records.request(["ECHO": "a"])).text == "a")
        try first.send(Records.request(["ECHO": "first"]))
        #expect(gate.waitUntilReached())
        try half.send(Array(request.prefix(20)))
        let stopping = server.beginStopping()
        defer { stopping.join() }
        gate.open()
        #expect(try first.answer().text == "first")
        #expect(try half.ask(Array(request.dropFirst(20))).text == "in two halves")
    }

    @Test("half a request that stays half does not keep the server")
    func abandonsHalfRequest() throws {
        let server = try EchoServer()
        let half = try Peer(server.socket)
        try half.send([1, 1, 0])
        let uploading = try Peer(server.socket)
        _ = try uploading.ask(Records.head(["ECHO": "a"]))
        server.stop()
        #expect(half.end() == .closed)
        #expect(uploading.end() == .closed)
    }

    @Test("whoever connects when the server has stopped taking connections gets no answer")
    func refusesNewConnections() throws {
        let gate = Gate()
        let lastGate = Gate()
        let server = try EchoServer { requests in
            if requests.contains(where: { $0.text(of: "ECHO") == "first" }) { gate.pass() }
            if requests.contains(where: { $0.text(of: "ECHO") == "last" }) { lastGate.pass() }
        }
        let first = try Peer(server.socket)
        let last = try Peer(server.socket)
        // It keeps the loop going for a second behind all others.
        let half = try Peer(server.socket)
        try half.send([1, 1, 0])
        let request = Records.request(["ECHO": "last"])
        try last.send(Array(request.prefix(20)))
        try first.send(Records.request(["ECHO": "first"]))
        #expect(gate.waitUntilReached())
        let stopping = server.beginStopping()
        gate.open()
        #expect(try first.answer().text == "first")

        // This one comes after the first one's answer, so the loop has seen by then that it is to stop.
        try last.send(Array(request.dropFirst(20)))
        #expect(lastGate.waitUntilReached())
        let late = try Peer(server.socket)
        try late.send(Records.request(["ECHO": "late"]))
        lastGate.open()
        #expect(try last.answer().text == "last")
        stopping.join()
        #expect(half.end() == .closed)
        #expect(late.end() == .closed)
        #expect(throws: Peer.Failure.notConnected(errno: ENOENT)) { try Peer(server.socket) }
    }

    @Test("a server can be stopped and another one started on the same path", arguments: 1...5)
    func restarts(round: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("again.sock")
        for _ in 0..<round {
            let listener = try Listener(.unix(path: path, mode: 0o600, group: nil))
            let server = Server(listener, loops: 2, report: { _ in }, makeApplication: { _ in Fixed() })
            server.start()
            #expect(try Peer(path).ask(Records.request()).text == "fixed")
            server.stop()
        }
    }

    private final class Fixed: Application {
        func respond(to requests: [Request]) -> [Response] {
            requests.map { _ in Response(status: 200, reason: "OK", body: Array("fixed".utf8)) }
        }
    }
}
