import Testing

@Suite("Peers that take their time, or go away")
struct SlowPeerTests {
    /// How much of a request its peer has sent so far.
    static let beginnings: [(name: String, bytes: [UInt8])] = [
        ("nothing", []),
        ("half a header", Array(Records.request(["ECHO": "slow"]).prefix(3))),
        ("a header", Array(Records.request(["ECHO": "slow"]).prefix(8))),
        ("a begin record", Array(Records.request(["ECHO": "slow"]).prefix(16))),
        ("half a parameter", Array(Records.request(["ECHO": "slow"]).prefix(28))),
        ("all parameters but not their end", Array(Records.request(["ECHO": "slow"]).prefix(34))),
    ]

    @Test("half a request on many connections holds up no other", arguments: beginnings)
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

    @Test("half a request is given up after a while, and a connection that says nothing stays")
    func patienceEnds() throws {
        let server = try EchoServer()
        let idle = try Peer(server.socket)
        let half = try Peer(server.socket)
        try half.send(Array(Records.request(["ECHO": "never whole"]).prefix(20)))
        #expect(half.end() == .closed)
        #expect(server.waitForConnections(1))
        #expect(try idle.ask(Records.request(["ECHO": "awake"])).text == "awake")
    }

    @Test("a peer that goes away in the middle of a request is forgotten at once", arguments: [1, 8, 20, 40])
    func goesAway(count: Int) throws {
        let server = try EchoServer()
        // It began earlier, so were the other forgotten only by the limit of time, this one would be too.
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

    @Test("a peer that goes away before it reads the answer harms nobody", arguments: [10, 100_000, 5_000_000])
    func leavesAnswerUnread(size: Int) throws {
        let server = try EchoServer()
        for _ in 0..<20 {
            let peer = try Peer(server.socket)
            try peer.send(Records.request(["SIZE": "\(size)"]))
        }
        #expect(server.waitForConnections(0))
        #expect(try server.answersOthers())
    }

    @Test("a peer that says it sends no more still gets its answer, and is let go of")
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

    @Test("a peer that does not read its answer is closed, and the others are served")
    func doesNotRead() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        try peer.send(Records.request(["SIZE": "5000000"]))
        #expect(try server.answersOthers())
        #expect(server.waitForConnections(0))
        #expect(throws: Peer.Failure.self) { try peer.answer() }
    }
}
