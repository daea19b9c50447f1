import Testing

@testable import FastCGI

@Suite("Slow peers, and peers that leave")
struct SlowPeerTests {
    /// Parts of a request.
    static let beginnings: [(name: String, bytes: [UInt8])] = [
        ("nothing", []),
        ("half a header", Array(Records.request(["ECHO": "slow"]).prefix(3))),
        ("a header", Array(Records.request(["ECHO": "slow"]).prefix(8))),
        ("a begin record", Array(Records.request(["ECHO": "slow"]).prefix(16))),
        ("half a parameter", Array(Records.request(["ECHO": "slow"]).prefix(28))),
        ("all parameters but not their end", Array(Records.request(["ECHO": "slow"]).prefix(34))),
    ]

    @Test("half requests on many connections delay no other", arguments: beginnings)
    func halfRequests(name: String, bytes: [UInt8]) throws {
        let server = try EchoServer(loops: 1)
        let slow = try (0..<100).map { _ in try Peer(server.socket) }
        for peer in slow { try peer.send(bytes) }
        for _ in 0..<10 { #expect(try server.answersOthers()) }
        for peer in slow { #expect(peer.isQuiet) }

        // The other half is answered when it comes.
        let rest = Array(Records.request(["ECHO": "slow"]).dropFirst(bytes.count))
        for peer in slow { #expect(try peer.ask(rest).text == "slow") }
        #expect(server.reports.isEmpty)
    }

    @Test("a request sent byte by byte is answered", arguments: [1, 2])
    func byteByByte(role: UInt16) throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        let bytes = Records.head(role: role, ["ECHO": "in small pieces", "REMOTE_ADDR": "192.0.2.1"])
        for (index, byte) in bytes.enumerated() {
            #expect(peer.isQuiet)
            try peer.send([byte])
            if index == bytes.count / 2 { #expect(try server.answersOthers()) }
        }
        #expect(try peer.answer().text == "in small pieces")
    }

    @Test("half a request is given up after a while, but an idle connection is kept")
    func requestTimeout() throws {
        let server = try EchoServer(limits: ConnectionLimits(requestTimeout: 100))
        let idle = try Peer(server.socket)
        let half = try Peer(server.socket)
        try half.send(Array(Records.request(["ECHO": "never complete"]).prefix(20)))
        #expect(half.end() == .closed)
        #expect(server.waitForConnections(1))
        #expect(try idle.ask(Records.request(["ECHO": "awake"])).text == "awake")
    }

    @Test(
        "a peer that closes its connection in the middle of a request is forgotten at once", arguments: [1, 8, 20, 40])
    func goesAway(count: Int) throws {
        let server = try EchoServer()
        // It began earlier: if the other were only closed after a timeout, this one would be, too.
        let waiting = try Peer(server.socket)
        try waiting.send([1])
        #expect(server.waitForConnections(1))
        do {
            let leaving = try Peer(server.socket)
            try leaving.send(Array(Records.request(["ECHO": "good bye", "REMOTE_ADDR": "::1"]).prefix(count)))
            #expect(server.waitForConnections(2))
        }
        #expect(server.waitForConnections(1))
        #expect(waiting.isQuiet)
        #expect(try server.answersOthers())
    }

    @Test(
        "a peer that closes its connection before it reads the answer harms no other",
        arguments: [10, 100_000, 5_000_000])
    func leavesAnswerUnread(size: Int) throws {
        let server = try EchoServer()
        for _ in 0..<20 {
            let peer = try Peer(server.socket)
            try peer.send(Records.request(["SIZE": "\(size)"]))
        }
        #expect(server.waitForConnections(0))
        #expect(try server.answersOthers())
    }

    @Test("a peer that shuts down sending still gets its answer, and its connection is closed")
    func finishedSending() throws {
        let server = try EchoServer()
        for number in 0..<100 {
            let peer = try Peer(server.socket)
            try peer.send(Records.request(["ECHO": "last \(number)"]))
            peer.finishSending()
            #expect(try peer.answer().text == "last \(number)")
            #expect(peer.end() == .closed)
        }
    }

    @Test("a peer that reads a long answer slowly delays no other, and gets all of it", arguments: [nil, 2])
    func slowReader(workers: Int?) throws {
        let server = try EchoServer(workers: workers)
        let slow = try (0..<20).map { _ in try Peer(server.socket) }
        for peer in slow { try peer.send(Records.request(["SIZE": "3000000"])) }
        for peer in slow { try peer.waitForAnswer() }
        for _ in 0..<20 { #expect(try server.answersOthers()) }
        for peer in slow {
            #expect(try peer.answer().body == EchoServer.filling(3_000_000))
            #expect(try peer.ask(Records.request(["ECHO": "next"])).text == "next")
        }
    }

    @Test("what a peer sends while it reads a long answer is answered afterwards")
    func sendsWhileReading() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        try peer.send(Records.request(["SIZE": "3000000"]))
        try peer.waitForAnswer()
        try peer.send(Records.request(["ECHO": "next"]))
        #expect(try peer.answer().body == EchoServer.filling(3_000_000))
        #expect(try peer.answer().text == "next")
    }

    @Test("a peer that does not read its answer is closed after a while")
    func answerTimeout() throws {
        let server = try EchoServer(limits: ConnectionLimits(answerTimeout: 100, slowestReading: 100_000_000))
        let peer = try Peer(server.socket)
        try peer.send(Records.request(["SIZE": "5000000"]))
        #expect(try server.answersOthers())
        #expect(server.waitForConnections(0))
        #expect(throws: Peer.Failure.self) { try peer.answer() }
    }

    @Test("a peer may take a second longer for each so many bytes of its answer")
    func answerTimeoutForSize() {
        let limits = ConnectionLimits(answerTimeout: 30_000, slowestReading: 1_000)
        #expect(limits.answerTimeout(for: 999) == 30_000)
        #expect(limits.answerTimeout(for: 5_000) == 35_000)
    }
}
