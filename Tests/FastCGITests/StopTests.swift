import Glibc
import Servers
import Synchronization
import Testing

@testable import FastCGI

@Suite("A server that is told to stop")
struct StopTests {
    /// Blocks the loop within an answer until it is opened.
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

    @Test("stop returns if there are no requests, and removes the socket")
    func idle() throws {
        let server = try EchoServer(loops: 3)
        let idle = try Peer(server.socket)
        #expect(try server.answersOthers())
        server.stop()
        #expect(idle.end() == .closed)
        #expect(throws: Peer.Failure.notConnected(errno: ENOENT)) { try Peer(server.socket) }
    }

    @Test("connections are closed one after the other, so that a request that fails on one is answered on another")
    func closesOneByOne() throws {
        // A peer that is not scheduled between the first and the last end makes an attempt fail.
        let isAnswered = try (0..<5).contains { _ in
            let server = try EchoServer()
            let peers = try (0..<64).map { _ in try Peer(server.socket) }
            for peer in peers { #expect(try peer.ask(Records.request(["ECHO": "a"])).text == "a") }
            let stopping = server.beginStopping()
            defer { stopping.join() }
            // The one that was idle longest is the first.
            #expect(peers[0].end() == .closed)
            return (try? peers[63].ask(Records.request(["ECHO": "late"])))?.text == "late"
        }
        #expect(isAnswered)
    }

    @Test("a connection is closed together with its next answer, and not before")
    func closesWithAnswer() throws {
        let server = try EchoServer(limits: ConnectionLimits(stopTimeout: 60_000, lastIdleTimeout: 60_000))
        var peers = try (0..<8).map { _ in try Peer(server.socket) }
        for peer in peers { #expect(try peer.ask(Records.request(["ECHO": "a"])).text == "a") }
        let stopping = server.beginStopping()
        defer { stopping.join() }
        while let peer = peers.popLast() {
            #expect(try peer.ask(Records.request(["ECHO": "last"])).text == "last")
            #expect(peer.end() == .closed)
        }
    }

    @Test("requests that were sent before the stop are answered")
    func finishesWhatHasBegun() throws {
        let gate = Gate()
        let server = try EchoServer { requests in
            if requests.contains(where: { $0.text(of: "ECHO") == "first" }) { gate.pass() }
        }
        let first = try Peer(server.socket)
        // More than the loop takes in one tick.
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

    @Test("a request that has half arrived at the stop may still be completed")
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

    @Test("half a request does not delay the stop for long")
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

    @Test("a server that is asked without a pause stops all the same", arguments: [nil, 2])
    func saturated(workers: Int?) throws {
        let server = try EchoServer(workers: workers)
        let asking = try (0..<4).map { _ in try AskingThread(server.socket) }
        for thread in asking { #expect(thread.waitForAnswers(10)) }
        let stopping = server.beginStopping()
        #expect(stopping.waitForEnd())
        for thread in asking { thread.join() }
    }

    @Test("requests that keep coming on other connections are answered only for a while")
    func lateRequests() throws {
        let waiting = Mutex<[Int32]>([])
        let request = Records.request(["ECHO": "late"])
        let gate = Gate()
        // Each answer takes its time, and meanwhile the next connection has a request.
        let server = try EchoServer(limits: ConnectionLimits(stopTimeout: 20)) { requests in
            if requests.contains(where: { $0.text(of: "ECHO") == "first" }) { gate.pass() }
            usleep(1_000)
            if let next = waiting.withLock({ $0.popLast() }) { write(next, request, request.count) }
        }
        let all = try (0..<300).map { _ in try Peer(server.socket) }
        #expect(server.waitForConnections(300))
        waiting.withLock { [descriptors = all.dropFirst().map(\.descriptor)] in $0 = descriptors }
        try all[0].send(Records.request(["ECHO": "first"]))
        #expect(gate.waitUntilReached())
        let stopping = server.beginStopping()
        gate.open()
        #expect(stopping.waitForEnd())
        #expect(try all[0].answer().text == "first")
        #expect(waiting.withLock { $0.count } > 100)
        #expect(all[1].end() == .closed)
    }

    @Test("connections made after the stop get no answer")
    func refusesNewConnections() throws {
        let gate = Gate()
        let lastGate = Gate()
        let server = try EchoServer { requests in
            if requests.contains(where: { $0.text(of: "ECHO") == "first" }) { gate.pass() }
            if requests.contains(where: { $0.text(of: "ECHO") == "last" }) { lastGate.pass() }
        }
        let first = try Peer(server.socket)
        let last = try Peer(server.socket)
        // Keeps the loop running for a second after all others.
        let half = try Peer(server.socket)
        try half.send([1, 1, 0])
        let request = Records.request(["ECHO": "last"])
        try last.send(Array(request.prefix(20)))
        try first.send(Records.request(["ECHO": "first"]))
        #expect(gate.waitUntilReached())
        let stopping = server.beginStopping()
        gate.open()
        #expect(try first.answer().text == "first")

        // Sent after the first answer, so the loop has noticed the stop.
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

    @Test("another server can start on the path of one that stopped", arguments: 1...5)
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
