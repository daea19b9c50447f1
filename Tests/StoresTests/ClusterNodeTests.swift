import Glibc
import Platform
import Servers
import Testing

@testable import Stores

@Suite("One node of a cluster")
struct ClusterNodeTests {
    private func node(_ port: Int) -> ClusterNode {
        ClusterNode(RedisLocation(.tcp(host: "127.0.0.1", port: port)), deadlines: .patient)
    }

    @Test("connects when it is first used, and keeps the connection")
    func keeps() throws {
        let server = try RedisServer(.socketAndPort)
        let node = node(server.port)
        #expect(!node.isConnected)
        let first = try node.connection()
        #expect(node.isConnected)
        #expect(try node.connection() === first)
        #expect(node.failure == nil)
    }

    @Test("fails at once while it is unavailable, and connects by itself when it is back")
    func returns() throws {
        let port = try FreePort()
        let node = node(port.number)
        for _ in 0..<2 {
            let error = #expect(throws: StoreError.self) { try node.connection() }
            #expect(error?.kind == .unreachable)
            #expect(node.failure == error)
            #expect(!node.isConnected)
        }
        let server = try RedisServer(.socketAnd(port))
        #expect(waitUntil { (try? node.connection()) != nil })
        #expect(node.failure == nil)
        #expect(try server.command("PING") == "PONG")
    }

    @Test("after a command has failed, the connection is replaced")
    func replaces() throws {
        let server = try RedisServer(.socketAndPort)
        let node = node(server.port)
        let first = try node.connection()
        node.fail(StoreError(.refused, "no longer the master"))
        #expect(!node.isConnected)
        #expect(waitUntil { (try? node.connection()) != nil })
        #expect(try node.connection() !== first)
    }

    @Test("a node that owes a reply is late, and keeps its connection until the reply comes")
    func late() throws {
        let server = try RedisServer(.socketAndPort)
        let node = node(server.port)
        let scripted = try node.connection()
        scripted.connection.queue(RedisCommand(["BLPOP", "list", "0"]))
        try scripted.connection.flush()
        scripted.connection.abandon(1, sent: steadyMicroseconds())
        let error = #expect(throws: StoreError.self) { try node.connection() }
        #expect(error?.kind == .late)
        #expect(node.failure == nil)
        #expect(node.isConnected)
        try server.command("RPUSH", "list", "1")
        #expect(waitUntil { (try? node.connection()) === scripted })
    }
}
