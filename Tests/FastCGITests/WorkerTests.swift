import Cases
import Glibc
import Servers
import Synchronization
import Testing

@testable import FastCGI

@Suite("A server with workers")
struct WorkerTests {
    /// Blocks requests with the text `wait`.
    private final class Gate: Sendable {
        private let isOpen = Atomic(false)
        private let count = Atomic<Int>(0)

        func open() { isOpen.store(true, ordering: .releasing) }

        func pass(_ requests: [Request]) {
            guard requests.contains(where: { $0.text(of: "ECHO") == "wait" }) else { return }
            count.add(1, ordering: .acquiringAndReleasing)
            _ = waitUntil { isOpen.load(ordering: .acquiring) }
        }

        func waitUntilReached(by number: Int) -> Bool { waitUntil { count.load(ordering: .acquiring) == number } }
    }

    @Test("a slow answer delays no other, on old and new connections")
    func others() throws {
        let gate = Gate()
        let server = try EchoServer(workers: 3) { gate.pass($0) }
        let old = try Peer(server.socket)
        #expect(try old.ask(Records.request(["ECHO": "a"])).text == "a")
        let waiting = try (0..<2).map { _ in try Peer(server.socket) }
        for peer in waiting { try peer.send(Records.request(["ECHO": "wait"])) }
        #expect(gate.waitUntilReached(by: 2))
        for number in 0..<50 {
            #expect(try old.ask(Records.request(["ECHO": "\(number)"])).text == "\(number)")
            #expect(try server.answersOthers())
        }
        for peer in waiting { #expect(peer.isQuiet) }
        gate.open()
        for peer in waiting { #expect(try peer.answer().text == "wait") }
    }

    @Test("more requests than workers are all answered, each with its own answer")
    func many() throws {
        let server = try EchoServer(workers: 2)
        let peers = try (0..<200).map { _ in try Peer(server.socket) }
        for round in 0..<3 {
            for (number, peer) in peers.enumerated() {
                try peer.send(Records.request(["ECHO": "\(round) \(number)", "SIZE": "70000"]))
            }
            for (number, peer) in peers.enumerated() {
                let answer = try peer.answer()
                #expect(answer.body == Array("\(round) \(number)".utf8) + EchoServer.filling(70_000))
            }
        }
        #expect(server.waitForConnections(200))
    }

    @Test("a request that arrives while the connection's earlier one is answered waits for its turn")
    func next() throws {
        let gate = Gate()
        let server = try EchoServer(workers: 1) { gate.pass($0) }
        let next = try Peer(server.socket)
        let leaving = try Peer(server.socket)
        for peer in [next, leaving] { try peer.send(Records.request(["ECHO": "wait"])) }
        #expect(gate.waitUntilReached(by: 1))
        try next.send(Records.request(["ECHO": "next"]))
        leaving.finishSending()
        gate.open()
        #expect(try next.answer().text == "wait")
        #expect(try next.answer().text == "next")
        #expect(try leaving.answer().text == "wait")
        #expect(leaving.end() == .closed)
        #expect(server.waitForConnections(1))
    }

    @Test("a peer that has left when its answer is ready does no harm")
    func gone() throws {
        let gate = Gate()
        let server = try EchoServer(workers: 2) { gate.pass($0) }
        do {
            let peer = try Peer(server.socket)
            try peer.send(Records.request(["ECHO": "wait", "SIZE": "3000000"]))
            #expect(gate.waitUntilReached(by: 1))
        }
        gate.open()
        #expect(server.waitForConnections(0))
        #expect(try server.answersOthers())
    }

    @Test("while connections come and go, no answer reaches another's", arguments: SeededGenerator.seeds(3))
    func reusedDescriptors(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let server = try EchoServer(workers: 3)
        var peers: [(peer: Peer, text: String)] = []
        for number in 0..<5_000 {
            let peer = try Peer(server.socket)
            try peer.send(Records.request(["ECHO": "\(number)"], Bool.random(using: &generator) ? .keep : .close))
            switch Int.random(in: 0..<4, using: &generator) {
            // Closed before it is answered.
            case 0: break
            case 1:
                peer.finishSending()
                fallthrough
            default: peers.append((peer, "\(number)"))
            }
            if peers.count > 20 {
                let (peer, text) = peers.remove(at: Int.random(in: 0..<peers.count, using: &generator))
                #expect(try peer.answer().text == text)
            }
        }
        for (peer, text) in peers { #expect(try peer.answer().text == text) }
        #expect(server.reports.isEmpty)
    }

    @Test("a body is waited for and read, whatever its pieces", arguments: [0, 1, 4_095, 4_096, 30_000, 65_000])
    func body(count: Int) throws {
        let server = try EchoServer(workers: 2)
        let peer = try Peer(server.socket)
        for _ in 0..<2 {
            try peer.send(Records.head(["ECHO": "a", "BODY": "1"]))
            var rest = Records()
            rest.stream(.input, EchoServer.filling(count), padding: 3)
            for start in stride(from: 0, to: rest.bytes.count, by: 16_384) {
                #expect(peer.isQuiet)
                try peer.send(Array(rest.bytes[start..<min(start + 16_384, rest.bytes.count)]))
            }
            #expect(try peer.answer().body == Array("a".utf8) + EchoServer.filling(count))
        }
        #expect(server.openConnections == 1)
    }

    @Test("a body that is too long is skipped, and the connection kept")
    func longBody() throws {
        let server = try EchoServer(workers: 2)
        let peer = try Peer(server.socket)
        let request = Records.request(["ECHO": "long: ", "BODY": "1"], body: EchoServer.filling(100_000))
        #expect(try peer.ask(request).text == "long: none")
        #expect(try peer.ask(Records.request(["ECHO": "then"])).text == "then")
        #expect(server.openConnections == 1)
    }

    @Test("requests that workers have at the stop are answered")
    func stops() throws {
        let gate = Gate()
        let server = try EchoServer(workers: 1) { gate.pass($0) }
        let peers = try (0..<5).map { _ in try Peer(server.socket) }
        for peer in peers { try peer.send(Records.request(["ECHO": "wait"])) }
        #expect(gate.waitUntilReached(by: 1))
        let stopping = server.beginStopping()
        defer { stopping.join() }
        gate.open()
        for peer in peers {
            #expect(try peer.answer().text == "wait")
            #expect(peer.end() == .closed)
        }
    }
}
