import Glibc
import Limiters
import Servers
import Testing

@testable import Stores

/// Routes and sends calls in a cluster of one node, which has all slots.
@Suite("Routing of calls to the nodes of a cluster")
struct ClusterRouterTests {
    private let server: RedisServer
    private let location: ClusterLocation
    private let entry: Charge.Entry

    init() throws {
        let server = try RedisServer.clusterNode()
        try server.takeAllSlots()
        #expect(try waitUntil { try server.command("CLUSTER", "INFO").contains("cluster_state:ok") })
        self.server = server
        location = try ClusterLocation("redis+cluster://127.0.0.1:\(server.port)")
        let quota = try Quota(limit: 10, window: 60_000_000, algorithm: .slidingWindow)
        entry = Charge.Entry(try Policy(name: "p", quota: quota), for: Identity("client", "a".utf8))
    }

    private func charge() -> ClusterCall {
        ClusterCall(.charge([Charge([entry])]), slot: ClusterSlot.of(entry.key.bytes))
    }

    @Test("the router learns from a node who owns each slot")
    func refresh() throws {
        let router = ClusterRouter(location, deadlines: .patient)
        #expect(router.owner(of: 0) == nil)
        try router.refresh()
        #expect(router.owner(of: 0) != nil)
        #expect(router.owner(of: 16_383) === router.owner(of: 0))
        #expect(router.failure == nil)
    }

    @Test("the router begins again with the nodes of the location when all known nodes are down")
    func allDown() throws {
        let router = ClusterRouter(location, deadlines: .patient)
        try router.refresh()
        router.redirect(5, to: .tcp(host: "127.0.0.1", port: try FreePort().number))
        #expect(router.map.nodes.count == 2)
        for node in router.map.nodes { node.fail(StoreError(.unreachable, "down")) }
        #expect(throws: StoreError(.unreachable, "down")) { try router.refresh() }
        #expect(router.map.nodes.count == 1)
        #expect(!router.map.isKnown)
        try router.refresh()
        #expect(router.owner(of: 5) != nil)
    }

    @Test("a slot that moves counts as moving, and others do not")
    func moving() {
        let router = ClusterRouter(location, deadlines: .patient)
        #expect(!router.isMoving(5))
        router.markMoving(5)
        #expect(router.isMoving(5))
        #expect(!router.isMoving(6))
    }

    @Test("the pipeline gives each call its reply, and sends a script whole that a node has lost")
    func replies() throws {
        let router = ClusterRouter(location, deadlines: .patient)
        try router.refresh()
        var pipeline = ClusterPipeline(location, deadlines: .patient, router)
        let (first, delete) = (charge(), ClusterCall(.delete(entry.key), slot: charge().slot))
        pipeline.run([first, delete], clock: nil)
        #expect(try Array(first.numbers().dropFirst()) == [0, 9, 60_000_000])
        #expect(try delete.numbers() == [1])
        #expect(!first.isSentWhole)
        try server.command("SCRIPT", "FLUSH", "SYNC")
        let second = charge()
        pipeline.run([second], clock: nil)
        #expect(second.isSentWhole)
        #expect(try second.numbers().count == 4)
    }

    @Test("the pipeline fails the calls of a slot without an owner, and of a node that is down")
    func failures() throws {
        let router = ClusterRouter(location, deadlines: .patient)
        var pipeline = ClusterPipeline(location, deadlines: .patient, router)
        let unowned = charge()
        pipeline.run([unowned], clock: nil)
        #expect(throws: StoreError(.refused, "\(location): no node has slot \(unowned.slot)")) { try unowned.numbers() }
        let port = try FreePort()
        router.redirect(unowned.slot, to: .tcp(host: "127.0.0.1", port: port.number))
        let lost = charge()
        pipeline.run([lost], clock: nil)
        let error = #expect(throws: StoreError.self) { try lost.numbers() }
        #expect(error?.kind == .unreachable)
        #expect(router.failure == error)
    }

    @Test("the pipeline follows a redirection, and remembers the owner")
    func redirection() throws {
        // The slot's owner is unknown to a second node, which redirects to the first.
        let other = try RedisServer.clusterNode()
        try other.command("CLUSTER", "MEET", "127.0.0.1", "\(server.port)", server.busPort)
        #expect(try waitUntil { try other.command("CLUSTER", "INFO").contains("cluster_state:ok") })
        let router = ClusterRouter(location, deadlines: .patient)
        let call = charge()
        router.redirect(call.slot, to: .tcp(host: "127.0.0.1", port: other.port))
        var pipeline = ClusterPipeline(location, deadlines: .patient, router)
        pipeline.run([call], clock: nil)
        #expect(try call.numbers().count == 4)
        let owner = try #require(router.owner(of: call.slot))
        #expect(owner.location.endpoint == .tcp(host: "127.0.0.1", port: server.port))
    }
}
