import Cases
import Limiters
import Servers
import Stores
import Synchronization
import Testing

@Suite("Giving back what was taken")
struct GiveBackTests {
    private static let hour: Microseconds = 3_600_000_000

    /// A request that is taken, and when it is given back; `nil` where never.
    private struct Visit {
        let cost: Int64
        let taken: Microseconds
        let given: Microseconds?
    }

    @Test("Redis gives back as memory does", arguments: 1...4 as ClosedRange<UInt64>)
    func agreement(_ seed: UInt64) throws {
        let server = try RedisServer()
        let store = RedisStore(RedisLocation(.unix(path: server.socket)), deadlines: .patient)
        var memory = MemoryStore()
        var generator = SeededGenerator(seed: seed)
        let entries = try Self.quotas().enumerated().map { number, quota in
            Charge.Entry(try Policy(name: "p\(number)", quota: quota), for: Identity("client", "\(seed)".utf8))
        }
        var now = Case.beginning
        var owed: [Taken] = []
        var returns = 0
        for _ in 0..<3_000 {
            now += [0, 0, 1, 1_000, 60_000_000, Self.hour, -1_000].randomElement(using: &generator) ?? 0
            if Int.random(in: 0..<3, using: &generator) == 0, !owed.isEmpty {
                let taken = owed.remove(at: Int.random(in: owed.indices, using: &generator))
                returns += try store.giveBack([taken], clock: now)
                memory.giveBack(taken, now: now)
            } else {
                let entry = entries[Int.random(in: entries.indices, using: &generator)]
                let charge = Charge(cost: Int64.random(in: 1...3, using: &generator), [entry])
                let verdict = try store.charge([charge], clock: now)[0]
                #expect(verdict.decisions == memory.charge(charge, now: now).decisions)
                if let taken = Taken(charge.entries[0], by: verdict.decisions[0], now: now) { owed.append(taken) }
            }
            let peek = Charge(cost: 0, entries)
            let expected = memory.charge(peek, now: now).decisions
            try #require(store.charge([peek], clock: now)[0].decisions == expected, "seed \(seed), at \(now)")
        }
        #expect(returns > 50)
    }

    @Test("what is given back at once is as if it had never been taken, to the last key")
    func atOnce() throws {
        let server = try RedisServer()
        let store = RedisStore(RedisLocation(.unix(path: server.socket)), deadlines: .patient)
        for (number, quota) in try Self.quotas().enumerated() {
            let entry = Charge.Entry(
                try Policy(name: "p\(number)", quota: quota), for: Identity("client", "a".utf8), cost: 1)
            let verdict = try store.charge([Charge([entry])], clock: Case.beginning)[0]
            let taken = try #require(Taken(entry, by: verdict.decisions[0], now: verdict.now))
            #expect(try store.giveBack([taken], clock: Case.beginning) == 1)
            let peek = try store.charge([Charge(cost: 0, [entry])], clock: Case.beginning)[0]
            #expect(peek.decisions[0].remaining == quota.limit)
            #expect(peek.decisions[0].resetAfter == 0)
            // A window's list is gone; a bucket's number is one that means full.
            #expect(try server.command("EXISTS", entry.key.name) == (quota.algorithm == .tokenBucket ? "1" : "0"))
        }
    }

    /// The claim on which a cluster's limits stand: whatever is taken, given back, late or twice in between by others,
    /// no request is admitted that would not be, had those that gave back never come.
    @Test("giving back never admits too many", arguments: 1...40 as ClosedRange<UInt64>)
    func never(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for quota in try Self.quotas() {
            let entry = Charge.Entry(try Policy(name: "p", quota: quota), for: Identity("client", "a".utf8))
            let step = max(1, quota.window / quota.limit)
            var store = MemoryStore()
            // What stays taken, as a store sees it that knows nothing of the others.
            var judge = MemoryStore()
            var now = Case.beginning
            var owed: [Taken] = []
            for _ in 0..<400 {
                now += Int64.random(in: 0...(2 * step), using: &generator)
                if Int.random(in: 0..<4, using: &generator) == 0, !owed.isEmpty {
                    store.giveBack(owed.remove(at: Int.random(in: owed.indices, using: &generator)), now: now)
                    continue
                }
                let cost = Int64.random(in: 1...max(1, min(5, quota.limit)), using: &generator)
                let charge = Charge(cost: cost, [entry])
                let verdict = store.charge(charge, now: now)
                guard verdict.isAllowed else { continue }
                if Bool.random(using: &generator) {
                    let taken = try #require(Taken(charge.entries[0], by: verdict.decisions[0], now: now))
                    owed.append(taken)
                } else {
                    try #require(judge.charge(charge, now: now).isAllowed, "\(quota), seed \(seed), at \(now)")
                }
            }
        }
    }

    /// Two slots of a cluster, so that nearly every request that is refused by one has to be given back by the other.
    @Test("clients of a cluster that take and give back at once are admitted as often as the limit says, and no more")
    func atOnceInCluster() async throws {
        let cluster = try RedisCluster()
        let location = try StoreLocation(cluster.location)
        let mine = try Policy(name: "mine", quota: Quota(limit: 100, window: Self.hour, algorithm: .slidingWindow))
        let all = try Policy(
            name: "all", quota: Quota(limit: 150, window: 300 * 24 * Self.hour, algorithm: .tokenBucket))
        let admitted = try await withThrowingTaskGroup { group in
            for number in 0..<6 {
                group.addTask {
                    let store = try location.open(deadlines: .patient)
                    let charge = Charge([
                        .init(mine, for: Identity("client", "\(number % 3)".utf8)), .init(all, for: .everyone),
                    ])
                    var admitted = 0
                    for _ in 0..<100 {
                        admitted += try store.charge([charge, charge]).filter(\.isAllowed).count
                    }
                    return admitted
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(admitted <= 150)
        // What was given back is there to the last unit.
        let store = try location.open(deadlines: .patient)
        let peeks = (0..<3).map { Charge(cost: 0, [.init(mine, for: Identity("client", "\($0)".utf8))]) }
        let used = try store.charge(peeks).map { 100 - $0.decisions[0].remaining }.reduce(0, +)
        #expect(used == admitted)
        let left = try store.charge([Charge(cost: 0, [.init(all, for: .everyone)])])[0].decisions[0].remaining
        #expect(left == 150 - Int64(admitted))
    }

    private static func quotas() throws -> [Quota] {
        try [
            (1, Self.hour, .tokenBucket), (7, Self.hour, .tokenBucket), (100, Self.hour, .tokenBucket),
            (1_000_000, 24 * Self.hour, .tokenBucket),
            (1, Self.hour, .slidingWindow), (7, 2 * Self.hour, .slidingWindow), (1_024, Self.hour, .slidingWindow),
            (1_025, Self.hour, .slidingWindow), (5_000, 24 * Self.hour, .slidingWindow),
        ].map { (limit: Int64, window: Microseconds, algorithm: Algorithm) in
            try Quota(limit: limit, window: window, algorithm: algorithm)
        }
    }
}
