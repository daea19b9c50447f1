import Testing

@testable import Stores

@Suite("The map of a cluster")
struct ClusterMapTests {
    private let location: ClusterLocation
    private let teller: ClusterNode

    init() throws {
        location = try ClusterLocation("redis+cluster://10.0.0.1:7000,10.0.0.2:7000")
        teller = ClusterNode(RedisLocation(.tcp(host: "10.0.0.1", port: 7_000)), deadlines: RedisDeadlines())
    }

    /// A run of slots and its master, as `CLUSTER SLOTS` answers.
    private func run(_ first: Int64, _ last: Int64, _ host: String, _ port: Int64) -> RedisValue {
        .list([.integer(first), .integer(last), .list([.text(host), .integer(port), .text("id")])])
    }

    private func host(of slot: Int, in map: ClusterMap) -> String? { map.owner(of: slot)?.location.description }

    @Test("knows the nodes of the location at first, and no owner of any slot")
    func beginning() {
        let map = ClusterMap(location, deadlines: RedisDeadlines())
        #expect(map.nodes.map(\.location.description) == ["redis://10.0.0.1:7000/0", "redis://10.0.0.2:7000/0"])
        #expect(!map.isKnown)
        #expect(map.owner(of: 0) == nil)
    }

    @Test("takes over owners, keeps the nodes that it knows, and forgets those without slots")
    func update() throws {
        var map = ClusterMap(location, deadlines: RedisDeadlines())
        let known = map.nodes[1]
        map.update(by: .list([run(0, 99, "10.0.0.2", 7_000), run(100, 16_383, "10.0.0.3", 7_001)]), from: teller)
        #expect(map.isKnown)
        #expect(map.owner(of: 99) === known)
        #expect(host(of: 100, in: map) == "redis://10.0.0.3:7001/0")
        #expect(map.nodes.count == 2)
        // A later answer replaces all of it.
        map.update(by: .list([run(0, 16_383, "10.0.0.3", 7_001)]), from: teller)
        #expect(host(of: 99, in: map) == "redis://10.0.0.3:7001/0")
        #expect(map.nodes.count == 1)
    }

    @Test("an empty host is that of the node that answered")
    func emptyHost() {
        var map = ClusterMap(location, deadlines: RedisDeadlines())
        map.update(by: .list([run(5, 5, "", 7_009)]), from: teller)
        #expect(host(of: 5, in: map) == "redis://10.0.0.1:7009/0")
        #expect(map.owner(of: 4) == nil)
    }

    @Test("ignores runs that make no sense, and an answer that names no owner at all")
    func nonsense() {
        var map = ClusterMap(location, deadlines: RedisDeadlines())
        map.update(by: .list([run(0, 16_383, "10.0.0.2", 7_000)]), from: teller)
        let nonsense: [RedisValue] = [
            run(-1, 5, "a", 1), run(6, 5, "a", 1), run(0, 16_384, "a", 1), run(0, 5, "?", 1), run(0, 5, "a", 0),
            run(0, 5, "a", 65_536), .list([.integer(0), .integer(5)]), .integer(7), .absent,
        ]
        map.update(by: .list(nonsense), from: teller)
        #expect(host(of: 0, in: map) == "redis://10.0.0.2:7000/0")
        map.update(by: .list(nonsense + [run(1, 1, "10.0.0.3", 7_000)]), from: teller)
        #expect(host(of: 1, in: map) == "redis://10.0.0.3:7000/0")
        #expect(map.owner(of: 0) == nil)
    }

    @Test("gives a slot to a node that a redirection names, known or not")
    func give() {
        var map = ClusterMap(location, deadlines: RedisDeadlines())
        map.give(3, to: .tcp(host: "10.0.0.2", port: 7_000))
        #expect(map.owner(of: 3) === map.nodes[1])
        map.give(3, to: .tcp(host: "10.0.0.9", port: 7_000))
        #expect(host(of: 3, in: map) == "redis://10.0.0.9:7000/0")
        #expect(map.node(at: .tcp(host: "10.0.0.9", port: 7_000)) === map.owner(of: 3))
        #expect(map.nodes.count == 3)
    }

    @Test(
        "reads the endpoint in a redirection",
        arguments: [
            ("MOVED 3999 10.0.0.7:6381", "10.0.0.7:6381"), ("ASK 3999 node.example:6381", "node.example:6381"),
            ("MOVED 3999 :6381", "10.0.0.1:6381"), ("MOVED 3999 ::1:6381", "[::1]:6381"),
            ("MOVED 3999 ?:6381", nil), ("MOVED 3999 10.0.0.7:0", nil), ("MOVED 3999 10.0.0.7", nil),
            ("CLUSTERDOWN The cluster is down", nil), ("", nil),
        ] as [(String, String?)])
    func redirection(text: String, endpoint: String?) {
        #expect(ClusterMap.endpoint(inRedirection: text, from: teller)?.description == endpoint)
    }
}
