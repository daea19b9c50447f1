import Glibc
import Testing

@Suite("Connections that are kept open")
struct KeptConnectionTests {
    @Test("a kept connection answers one request after another")
    func keepAlive() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        for number in 1...100 {
            let answer = try peer.ask(Records.request(["ECHO": "request \(number)"]))
            #expect(answer.text == "request \(number)")
            #expect(answer.head.first == "Status: 200 OK")
        }
        #expect(server.openConnections == 1)
    }

    @Test("a connection that is not to be kept is closed after the answer")
    func closedAfterwards() throws {
        let server = try EchoServer()
        let peer = try Peer(server.socket)
        #expect(try peer.ask(Records.request(["ECHO": "once"], .close)).text == "once")
        #expect(peer.end() == .closed)
        #expect(server.waitForConnections(0))
        #expect(try server.answersOthers())
    }

    @Test("a kept connection is forgotten when the peer closes it")
    func closedByPeer() throws {
        let server = try EchoServer()
        do {
            let peer = try Peer(server.socket)
            #expect(try peer.ask(Records.request(["ECHO": "a"])).text == "a")
        }
        #expect(server.waitForConnections(0))
        #expect(server.reports.isEmpty)
    }

    @Test("one loop keeps 2,000 connections open and answers each in turn and all at once")
    func manyConnections() throws {
        let count = 2_000
        try raiseDescriptorLimit(to: 2 * UInt(count) + 500)
        let server = try EchoServer(loops: 1)
        let peers = try (0..<count).map { _ in try Peer(server.socket) }

        for (number, peer) in peers.enumerated() {
            #expect(try peer.ask(Records.request(["ECHO": "in turn \(number)"])).text == "in turn \(number)")
        }
        #expect(server.openConnections == count)

        for (number, peer) in peers.enumerated() { try peer.send(Records.request(["ECHO": "at once \(number)"])) }
        for (number, peer) in peers.enumerated() { #expect(try peer.answer().text == "at once \(number)") }

        // The others are quiet while one asks.
        for number in 0..<500 {
            #expect(try peers[count / 2].ask(Records.request(["ECHO": "alone \(number)"])).text == "alone \(number)")
        }
        #expect(server.openConnections == count)
    }

    @Test("several loops share the connections", arguments: [2, 5])
    func severalLoops(loops: Int) throws {
        let server = try EchoServer(loops: loops)
        let peers = try (0..<200).map { _ in try Peer(server.socket) }
        for round in 0..<3 {
            for (number, peer) in peers.enumerated() { try peer.send(Records.request(["ECHO": "\(round) \(number)"])) }
            for (number, peer) in peers.enumerated() { #expect(try peer.answer().text == "\(round) \(number)") }
        }
    }

    private func raiseDescriptorLimit(to count: UInt) throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try #require(limit.rlim_max >= count, "the hard limit of open files is \(limit.rlim_max): ulimit -Hn \(count)")
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
