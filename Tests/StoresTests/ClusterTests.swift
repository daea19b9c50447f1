import Cases
import Glibc
import Limiters
import Servers
import Stores
import Testing

@Suite("Redis Cluster")
struct ClusterTests {
    @Test("a key has the slot that Redis computes")
    func slots() throws {
        let server = try RedisServer.clusterNode()
        var generator = SeededGenerator(seed: 5)
        let texts =
            [
                "", "a", "123456789", "{", "}", "{}", "{}a", "a{}b", "a{b", "a}b{c}", "{a}{b}", "a{b}}c", "a{{b}c",
                "é{ü}",
            ]
            + (0..<60).map { _ in
                String(
                    decoding: (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                        UInt8.random(in: 0x21...0x7E, using: &generator)
                    }, as: UTF8.self)
            }
        for text in texts {
            #expect(try server.command("CLUSTER", "KEYSLOT", text) == "\(ClusterSlot.of(Array(text.utf8)))", "\(text)")
        }
    }

    @Test("a batch goes to all nodes with one script call per slot, and each client has one key in its own node")
    func spread() throws {
        let cluster = try RedisCluster()
        let store = try open(cluster.location)
        let batch = try (0..<300).map { Charge([try entry("client \($0)")]) } + [Charge([try entry("client 7")])]
        #expect(try store.charge(batch).map { $0.decisions[0].remaining } == Array(repeating: 9, count: 300) + [8])
        let sizes = try cluster.nodes.prefix(3).map { Int(try $0.server.command("DBSIZE")) ?? 0 }
        #expect(sizes.reduce(0, +) == 300)
        #expect(sizes.allSatisfy { $0 > 50 })
        let slots = Set(batch.map { ClusterSlot.of($0.entries[0].key.bytes) })
        #expect(try calls(of: "evalsha", cluster) == slots.count)
        #expect(try errors("MOVED", cluster) == 0)
        // Nodes that have lost the script receive it as a whole, and count once.
        for node in cluster.nodes { try node.server.command("SCRIPT", "FLUSH", "SYNC") }
        #expect(
            try store.charge(batch).map { $0.decisions[0].remaining }
                == batch.indices.map { $0 == 300 ? 6 : $0 == 7 ? 7 : 8 })
    }

    @Test("after a slot has moved, MOVED is followed once, and the new owner is known from then on")
    func moved() throws {
        let (cluster, store, charge) = try charged()
        let (slot, source, target) = try way(of: charge.entries[0].key, cluster)
        try cluster.beginMoving(slot, from: source, to: target)
        try cluster.moveKeys(of: slot, from: source, to: target)
        try cluster.endMoving(slot, from: source, to: target)
        for remaining in [8, 7, 6] as [Int64] {
            #expect(try store.charge([charge])[0].decisions.map(\.remaining) == [remaining, remaining])
        }
        #expect(try errors("MOVED", cluster) == 1)
        #expect(try source.server.command("DBSIZE") == "0")
    }

    @Test("while a slot moves, each key is found in its node: nothing is lost, and nothing is counted twice")
    func asked() throws {
        let (cluster, store, charge) = try charged()
        let (slot, source, target) = try way(of: charge.entries[0].key, cluster)
        try cluster.beginMoving(slot, from: source, to: target)
        // No key has moved yet.
        #expect(try store.charge([charge])[0].decisions.map(\.remaining) == [8, 8])
        #expect(try errors("ASK", cluster) + errors("TRYAGAIN", cluster) == 0)
        // One key has moved.
        try cluster.moveKeys(of: slot, from: source, to: target, most: 1)
        #expect(try store.charge([charge])[0].decisions.map(\.remaining) == [7, 7])
        #expect(try errors("ASK", cluster) + errors("TRYAGAIN", cluster) > 0)
        // Both keys have moved.
        try cluster.moveKeys(of: slot, from: source, to: target)
        #expect(try store.charge([charge])[0].decisions.map(\.remaining) == [6, 6])
        #expect(try errors("ASK", cluster) > 0)
        // A refused request takes nothing, and a new key begins in the slot's new node.
        let full = Charge([try entry("a", limit: 4, name: "small"), charge.entries[0]])
        for allowed in [true, true, true, true, false, false] {
            #expect(try store.charge([full])[0].isAllowed == allowed)
        }
        #expect(try store.charge([charge])[0].decisions.map(\.remaining) == [1, 5])
        try cluster.endMoving(slot, from: source, to: target)
        #expect(try store.charge([charge])[0].decisions.map(\.remaining) == [0, 4])
        #expect(try store.charge([charge])[0].isAllowed == false)
        #expect(try store.reset(charge.entries.map(\.key)) == 2)
        #expect(try store.charge([charge])[0].decisions.map(\.remaining) == [9, 9])
    }

    @Test("charges to the slots of a dead node fail at once, until its replica takes the slots over")
    func killedMaster() throws {
        let cluster = try RedisCluster()
        let store = try open(cluster.location)
        let clients = try (0..<40).map { Charge([try entry("client \($0)", limit: 1_000_000)]) }
        #expect(try store.charge(clients).allSatisfy(\.isAllowed))
        let key = clients[0].entries[0].key
        let victim = try #require(try cluster.master(of: ClusterSlot.of(key.bytes), seenBy: cluster.nodes[0]))
        let others = try clients.map { charge in
            try cluster.master(of: ClusterSlot.of(charge.entries[0].key.bytes), seenBy: cluster.nodes[0])?.id
                != victim.id
        }
        victim.server.send(SIGKILL)
        let results = try store.attempt(clients)
        #expect(results.map(\.isSuccess) == others)
        #expect(store.failedPart?.kind == .unreachable)
        try store.check()
        #expect(waitUntil { (try? store.charge(clients)) != nil })
        #expect(store.failedPart == nil)
        // The replica has the earlier counts.
        #expect(try store.charge([clients[0]])[0].decisions[0].remaining <= 999_997)
        // The dead node returns as a replica.
        try victim.server.restart()
        #expect(try waitUntil { try victim.server.command("ROLE").hasPrefix("slave") })
        #expect(try store.charge(clients).allSatisfy(\.isAllowed))
    }

    @Test("the documented user is enough, even while a slot moves, and a wrong one is reported at once")
    func credentials() throws {
        let cluster = try RedisCluster(options: ["user limiter \(try AccessControlList.rights(password: "secret"))"])
        let location = { (password: String) in
            cluster.location.replacing("redis+cluster://", with: "redis+cluster://limiter:\(password)@")
        }
        let store = try open(location("secret"))
        try store.check()
        #expect(try cluster.nodes.allSatisfy { try $0.server.command("DBSIZE") == "0" })
        let charge = Charge([try entry("a"), try entry("b", .tokenBucket)])
        #expect(try store.charge([charge])[0].isAllowed)
        let (slot, source, target) = try way(of: charge.entries[0].key, cluster)
        try cluster.beginMoving(slot, from: source, to: target)
        try cluster.moveKeys(of: slot, from: source, to: target)
        #expect(try store.charge([charge])[0].decisions.map(\.remaining) == [8, 8])
        #expect(try errors("ASK", cluster) > 0)
        #expect(try store.reset(charge.entries.map(\.key)) == 2)

        let error = #expect(throws: StoreError.self) { try open(location("wrong")).check() }
        #expect(error?.kind == .misconfigured)
        #expect(
            error?.description.hasSuffix(" answered: WRONGPASS invalid username-password pair or user is disabled.")
                == true)
    }

    @Test("a server without cluster support is reported, and so is a cluster node given as a single server")
    func noCluster() throws {
        let server = try RedisServer(.socketAndPort)
        let error = #expect(throws: StoreError.self) {
            try open("redis+cluster://127.0.0.1:\(server.port)").charge([Charge([entry("a")])])
        }
        #expect(error?.kind == .misconfigured)
        #expect(
            error?.description == """
                redis://127.0.0.1:\(server.port)/0 answered: ERR This instance has cluster support disabled: write redis://
                """)

        let cluster = try RedisCluster()
        let charge = Charge([try entry("a")])
        let (_, _, other) = try way(of: charge.entries[0].key, cluster)
        let moved = #expect(throws: StoreError.self) {
            try open("redis://127.0.0.1:\(other.port)").charge([charge])
        }
        #expect(moved?.kind == .misconfigured)
        #expect(moved?.description.contains(" answered: MOVED ") == true)
        #expect(moved?.description.hasSuffix(": the server is a node of a cluster: write redis+cluster://") == true)
    }

    @Test("a master that became a replica is dropped, and its slots are found in the new master")
    func demotedMaster() throws {
        let (cluster, store, charge) = try charged()
        let (slot, source, _) = try way(of: charge.entries[0].key, cluster)
        let index = try #require(cluster.nodes.firstIndex { $0.id == source.id })
        let replica = cluster.nodes[index + 3]
        #expect(try waitUntil { try replica.server.command("DBSIZE") == "2" })
        try replica.server.command("CLUSTER", "FAILOVER")
        #expect(try waitUntil { try cluster.master(of: slot, seenBy: source)?.id == replica.id })
        #expect(waitUntil { (try? store.charge([charge])) != nil })
        #expect(try store.charge([charge])[0].decisions.map(\.remaining) == [7, 7])
        #expect(try replica.server.command("ROLE").hasPrefix("master"))
    }

    @Test("if no node answers, the error names them all; one that answers is enough")
    func seeds() throws {
        let port = try FreePort().number
        let error = #expect(throws: StoreError.self) {
            try open("redis+cluster://127.0.0.1:\(port)").charge([Charge([entry("a")])])
        }
        #expect(error?.kind == .unreachable)
        #expect(
            error?.description == """
                redis+cluster://127.0.0.1:\(port) cannot be used: redis://127.0.0.1:\(port)/0: Connection refused
                """)
        let cluster = try RedisCluster()
        // A replica knows the owners of the slots, too.
        let store = try open("redis+cluster://127.0.0.1:\(port),127.0.0.1:\(cluster.nodes[4].port)")
        #expect(try store.charge([Charge([entry("a")]), Charge([entry("b")])]).allSatisfy(\.isAllowed))
    }

    /// A cluster, a store in it, and a request with both algorithms that was charged once.
    private func charged() throws -> (RedisCluster, any Store, Charge) {
        let cluster = try RedisCluster()
        let store = try open(cluster.location)
        let charge = Charge([try entry("a"), try entry("a", .tokenBucket)])
        #expect(try store.charge([charge])[0].decisions.map(\.remaining) == [9, 9])
        return (cluster, store, charge)
    }

    private func open(_ location: String) throws -> any Store {
        try StoreLocation(location).open(deadlines: .patient)
    }

    /// A limit per hour.
    private func entry(
        _ client: String, _ algorithm: Algorithm = .slidingWindow, limit: Int64 = 10, name: String = "p"
    ) throws -> Charge.Entry {
        let quota = try Quota(limit: limit, window: 3_600_000_000, algorithm: algorithm)
        return Charge.Entry(try Policy(name: name, quota: quota), for: Identity("client", client.utf8))
    }

    /// The slot of a key, the master that has it, and another.
    private func way(of key: Key, _ cluster: RedisCluster) throws -> (Int, RedisCluster.Node, RedisCluster.Node) {
        let slot = ClusterSlot.of(key.bytes)
        let source = try #require(try cluster.master(of: slot, seenBy: cluster.nodes[0]))
        return (slot, source, try #require(cluster.nodes.prefix(3).first { $0.id != source.id }))
    }

    /// How often the nodes have run a command, not counting the commands of scripts.
    private func calls(of command: String, _ cluster: RedisCluster) throws -> Int {
        try sum(of: "cmdstat_\(command):calls=", in: "commandstats", cluster)
    }

    /// How often the nodes have answered with this error.
    private func errors(_ name: String, _ cluster: RedisCluster) throws -> Int {
        try sum(of: "errorstat_\(name):count=", in: "errorstats", cluster)
    }

    private func sum(of beginning: String, in section: String, _ cluster: RedisCluster) throws -> Int {
        try cluster.nodes.reduce(0) { sum, node in
            let lines = try node.server.command("INFO", section).split(whereSeparator: \.isNewline)
            let line = lines.first { $0.hasPrefix(beginning) }?.dropFirst(beginning.count)
            return sum + (line.flatMap { Int($0.prefix(while: \.isNumber)) } ?? 0)
        }
    }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}
