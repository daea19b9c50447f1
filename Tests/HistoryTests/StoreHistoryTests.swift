import Glibc
import Histories
import Limiters
import Platform
import Servers
import Testing

/// Three processes ask at once and write down what they are answered.
///
/// Each answer is checked in every field: admission, units left, time to wait and time to reset.
@Suite("Some order of the requests explains every answer", .serialized)
struct StoreHistoryTests {
    @Test("of three processes on one file of the embedded store")
    func embedded() throws {
        let folder = try TemporaryFolder()
        try expectExplained(Recorders(on: "embedded:\(folder.path("store"))"))
    }

    @Test("of Redis")
    func redis() throws {
        let server = try RedisServer()
        try expectExplained(Recorders(on: "redis+unix:\(server.socket)"))
    }

    @Test("of Redis, whose clock steps forward and back", arguments: [13, 150])
    func redisClock(_ milliseconds: Int) throws {
        let server = try RedisServer()
        try expectExplained(
            Recorders(on: "redis+unix:\(server.socket)", ["--step-milliseconds", "\(milliseconds)"]))
    }

    @Test("of the embedded store, whose clock steps forward and back", arguments: [13, 150])
    func embeddedClock(_ milliseconds: Int) throws {
        let folder = try TemporaryFolder()
        try expectExplained(
            Recorders(on: "embedded:\(folder.path("store"))", ["--step-milliseconds", "\(milliseconds)"]))
    }

    /// Windows of a day: the fate of the last request of a killed process is unknown, and so is its time.
    private static let dayFlags = ["--client-milliseconds", "40", "--pause", "300"]
    private static let day: Int64 = 86_400_000

    @Test("of the embedded store, while processes are killed as they charge")
    func kills() throws {
        let folder = try TemporaryFolder()
        let recorders = try Recorders(
            on: "embedded:\(folder.path("store"))", window: Self.day, Self.dayFlags,
            precision: .units)
        for victim in 0..<12 {
            try recorders.wait(for: 150)
            try recorders.start()
            recorders.kill(victim)
        }
        try expectExplained(recorders)
    }

    @Test("of Redis that is killed and starts empty, if each client's units may be forgotten once")
    func restart() throws {
        let server = try RedisServer()
        let recorders = try Recorders(
            on: "redis+unix:\(server.socket)", window: Self.day, Self.dayFlags,
            precision: .units)
        try recorders.wait(for: 500)
        let begin = steadyMicroseconds()
        server.send(SIGKILL)
        try server.restart()
        try expectExplained(recorders, losses: [Operation(lossBetween: begin, and: steadyMicroseconds(), most: 20)])
    }

    @Test("of Redis whose master is killed and succeeded by the replica that the Sentinels promote")
    func failover() throws {
        let sentinels = try RedisSentinels()
        let recorders = try Recorders(
            on: sentinels.location, window: Self.day, Self.dayFlags, precision: .units)
        try recorders.wait(for: 500)
        let begin = steadyMicroseconds()
        sentinels.servers[0].send(SIGKILL)
        #expect(try waitUntil { try sentinels.master()?.port == sentinels.servers[1].port })
        try expectExplained(recorders, losses: [Operation(lossBetween: begin, and: steadyMicroseconds(), most: 20)])
    }

    /// One policy: those whose keys are in two nodes for a moment are charged one after the other.
    @Test("of a Redis Cluster whose slots move", arguments: Algorithm.allCases)
    func movingSlots(_ algorithm: Algorithm) throws {
        let cluster = try RedisCluster()
        // One client, so that its slot can be moved back and forth.
        let recorders = try Recorders(on: cluster.location, algorithm: algorithm)
        let slot = try cluster.slot(of: "{client=0}")
        for _ in 0..<6 {
            try recorders.wait(for: 100)
            let source = try #require(try cluster.master(of: slot, seenBy: cluster.nodes[0]))
            let target = try #require(cluster.nodes.prefix(3).first { $0.id != source.id })
            try cluster.beginMoving(slot, from: source, to: target)
            try recorders.wait(for: 100)
            while try cluster.moveKeys(of: slot, from: source, to: target) > 0 {}
            try recorders.wait(for: 100)
            try cluster.endMoving(slot, from: source, to: target)
        }
        try expectExplained(recorders)
    }

    @Test("of a Redis Cluster in which a master is killed and its replica takes over")
    func killedMaster() throws {
        let cluster = try RedisCluster()
        let recorders = try Recorders(
            on: cluster.location, window: Self.day, Self.dayFlags, precision: .units)
        try recorders.wait(for: 500)
        let begin = steadyMicroseconds()
        cluster.nodes[0].server.send(SIGKILL)
        #expect(try waitUntil { try cluster.master(of: 0, seenBy: cluster.nodes[1])?.id == cluster.nodes[3].id })
        let end = steadyMicroseconds()
        try expectExplained(recorders, losses: [Operation(lossBetween: begin, and: end, most: 20)])
    }

    private func expectExplained(_ recorders: Recorders, losses: [Operation] = []) throws {
        let history = try recorders.history(after: 1_000)
        let admitted = history.count { $0.isAdmitted == true }
        #expect(admitted > 100)
        // Nothing would be shown if nearly all requests were allowed.
        #expect(history.count { $0.isAdmitted == false } > 100)
        let violations = HistoryChecker(recorders.model).violations(in: history + losses)
        #expect(violations.isEmpty, "of \(history.count): \(violations.first.map(String.init(describing:)) ?? "")")
    }
}
