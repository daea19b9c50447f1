import Servers
import Testing

@testable import FastCGI

@Suite("Idle connections, which are limited in time and number")
struct IdleConnectionTests {
    @Test("a connection that never sends a byte is closed after a while, others are kept")
    func firstByteTimeout() throws {
        let server = try EchoServer(limits: ConnectionLimits(firstByteTimeout: 100))
        let kept = try Peer(server.socket)
        #expect(try kept.ask(Records.request(["ECHO": "a"])).text == "a")
        let silent = try Peer(server.socket)
        #expect(silent.end() == .closed)
        #expect(try kept.ask(Records.request(["ECHO": "b"])).text == "b")
        #expect(server.openConnections == 1)
    }

    @Test("a connection that was answered is closed after a longer while", arguments: [nil, 2])
    func idleTimeout(workers: Int?) throws {
        let server = try EchoServer(workers: workers, limits: ConnectionLimits(idleTimeout: 100))
        let silent = try Peer(server.socket)
        let peer = try Peer(server.socket)
        #expect(try peer.ask(Records.request(["ECHO": "a"])).text == "a")
        #expect(peer.end() == .closed)
        #expect(server.waitForConnections(1))
        #expect(silent.isQuiet)
    }

    @Test("the time begins again with each answer")
    func renewed() throws {
        let server = try EchoServer(limits: ConnectionLimits(idleTimeout: 600))
        let idle = try Peer(server.socket)
        let busy = try Peer(server.socket)
        #expect(try idle.ask(Records.request(["ECHO": "a"])).text == "a")
        // Far longer than the idle connection is kept, without a pause.
        while !idle.isClosed { #expect(try busy.ask(Records.request(["ECHO": "b"])).text == "b") }
        #expect(server.openConnections == 1)
    }

    @Test("beyond the most connections those that are idle longest are closed, never one that has a request")
    func mostConnections() throws {
        let server = try EchoServer(limits: ConnectionLimits(maximumCount: 32))
        let busy = try Peer(server.socket)
        #expect(try busy.ask(Records.request(["ECHO": "first"])).text == "first")
        let uploading = try Peer(server.socket)
        #expect(try uploading.ask(Records.head(["REQUEST_METHOD": "POST", "ECHO": "early"])).text == "early")
        let idle = try (0..<30).map { _ in try Peer(server.socket) }
        for peer in idle { #expect(try peer.ask(Records.request(["ECHO": "idle"])).text == "idle") }
        #expect(server.openConnections == 32)
        #expect(server.reports.isEmpty)

        // The one that is asked is never idle longest, nor is the one whose body is on its way idle.
        #expect(try busy.ask(Records.request(["ECHO": "again"])).text == "again")
        let new = try Peer(server.socket)
        #expect(try new.ask(Records.request(["ECHO": "new"])).text == "new")
        #expect(idle[0].end() == .closed)
        #expect(server.openConnections == 31)
        #expect(idle[29].isQuiet)
        #expect(try busy.ask(Records.request(["ECHO": "still"])).text == "still")
        var rest = Records()
        rest.stream(.input, [1, 2, 3])
        #expect(try uploading.ask(rest.bytes + Records.request(["ECHO": "kept"])).text == "kept")
        #expect(
            server.reports == [
                "32 FastCGI connections are open, the most allowed: closed the connections that were idle longest"
            ])
    }

    @Test("a flood of silent connections leaves a web server served, and is logged once")
    func flood() throws {
        let server = try EchoServer(loops: 2, limits: ConnectionLimits(maximumCount: 50))
        let silent = try (0..<2_000).map { _ in try Peer(server.socket) }
        for _ in 0..<20 { #expect(try server.answersOthers()) }
        #expect(server.openConnections <= 51)
        #expect(server.reports.count <= 4)
        withExtendedLifetime(silent) {}
    }

    @Test("if no connection is idle, new ones wait until one is closed")
    func noneIdle() throws {
        let server = try EchoServer(limits: ConnectionLimits(maximumCount: 2))
        var uploading: [Peer] = try (0..<2).map { _ in try Peer(server.socket) }
        for peer in uploading { #expect(try peer.ask(Records.head(["ECHO": "early"])).text == "early") }
        let new = try Peer(server.socket)
        try new.send(Records.request(["ECHO": "new"]))
        #expect(waitUntil { !server.reports.isEmpty })
        #expect(new.isQuiet)
        uploading.removeLast()
        #expect(try new.answer().text == "new")
        #expect(
            server.reports == [
                "2 FastCGI connections are open, the most allowed: no connection is idle, so new ones have to wait"
            ])
    }

    @Test(
        "a process keeps descriptors for other things",
        arguments: [(1_048_576, 16_384), (16_448, 16_384), (1_024, 960), (128, 64), (100, 50), (40, 20)])
    func descriptors(limit: Int, count: Int) {
        #expect(ConnectionLimits().fitting(descriptors: limit).maximumCount == count)
    }
}
