import Cases
import Limiters
import Servers
import Synchronization
import Testing

@testable import Stores

@Suite("Refunds")
struct RefundTests {
    private static let hour: Microseconds = 3_600_000_000

    /// A request that is charged, and when it is refunded; `nil` for never.
    private struct Visit {
        let cost: Int64
        let taken: Microseconds
        let given: Microseconds?
    }

    @Test(
        "every store refunds random requests as memory does, several at a time",
        arguments: [.embedded, .redis, .cluster] as [StoreUnderTest.Kind], 1...4 as ClosedRange<UInt64>)
    func agreement(_ kind: StoreUnderTest.Kind, _ seed: UInt64) throws {
        let (memory, store) = (try StoreUnderTest(.memory), try StoreUnderTest(kind))
        var generator = SeededGenerator(seed: seed)
        let entries = try Self.quotas().enumerated().map { number, quota in
            Charge.Entry(try Policy(name: "p\(number)", quota: quota), for: Identity("client", "\(seed)".utf8))
        }
        var now = Case.beginning
        var owed: [Refund] = []
        var returns = 0
        for _ in 0..<(kind == .cluster ? 600 : 3_000) {
            now += [0, 0, 1, 1_000, 60_000_000, Self.hour, -1_000].randomElement(using: &generator) ?? 0
            if Int.random(in: 0..<3, using: &generator) == 0, !owed.isEmpty {
                let refunds = (0..<Int.random(in: 1...3, using: &generator)).compactMap { _ in
                    owed.isEmpty ? nil : owed.remove(at: Int.random(in: owed.indices, using: &generator))
                }
                let count = try store.refund(refunds, now)
                #expect(try memory.refund(refunds, now) == count, "seed \(seed), at \(now)")
                returns += count
            } else {
                let entry = entries[Int.random(in: entries.indices, using: &generator)]
                let charge = Charge(cost: Int64.random(in: 1...3, using: &generator), [entry])
                let verdict = try store.charge([charge], now)[0]
                #expect(try verdict.decisions == memory.charge([charge], now)[0].decisions)
                if let taken = Refund(charge.entries[0], by: verdict.decisions[0], now: now) { owed.append(taken) }
            }
            let peek = Charge(cost: 0, entries)
            let expected = try memory.charge([peek], now)[0].decisions
            try #require(store.charge([peek], now)[0].decisions == expected, "seed \(seed), at \(now)")
        }
        #expect(returns > 50)
    }

    @Test(
        "long logs of all stores agree through hundreds of admissions, refunds and expired pairs",
        arguments: [.embedded, .redis] as [StoreUnderTest.Kind], 1...4 as ClosedRange<UInt64>)
    func longLogs(_ kind: StoreUnderTest.Kind, _ seed: UInt64) throws {
        let (memory, store) = (try StoreUnderTest(.memory), try StoreUnderTest(kind))
        var generator = SeededGenerator(seed: seed)
        let entries = try ([150, 900, 5_000] as [Int64]).map { limit in
            let quota = try Quota(limit: limit, window: Self.hour, algorithm: .slidingWindow)
            return Charge.Entry(try Policy(name: "p\(limit)", quota: quota), for: Identity("client", "\(seed)".utf8))
        }
        var now = Case.beginning
        var owed: [Refund] = []
        for round in 0..<600 {
            now += Int64.random(in: round % 100 == 0 ? 0...Self.hour : -1_000_000...12_000_000, using: &generator)
            let batch = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                let count = Int.random(in: 1...3, using: &generator)
                let some = Array(entries.shuffled(using: &generator).prefix(count))
                return Charge(cost: Int64.random(in: 0...3, using: &generator), some)
            }
            let verdicts = try store.charge(batch, now)
            let expected = try memory.charge(batch, now)
            try #require(verdicts.map(\.decisions) == expected.map(\.decisions), "round \(round)")
            for verdict in verdicts where verdict.isAllowed {
                owed += zip(verdict.charge.entries, verdict.decisions).compactMap { Refund($0, by: $1, now: now) }
            }
            guard round % 3 == 0 else { continue }
            let refunds = (0..<min(3, owed.count)).map { _ in
                owed.remove(at: Int.random(in: owed.indices, using: &generator))
            }
            #expect(try store.refund(refunds, now) == memory.refund(refunds, now), "round \(round)")
        }
    }

    @Test("after an immediate refund, the store is as if nothing had been charged, to the last key")
    func atOnce() throws {
        let server = try RedisServer()
        let store = RedisStore(RedisLocation(.unix(path: server.socket)), deadlines: .patient)
        for (number, quota) in try Self.quotas().enumerated() {
            let entry = Charge.Entry(
                try Policy(name: "p\(number)", quota: quota), for: Identity("client", "a".utf8), cost: 1)
            let verdict = try store.charge([Charge([entry])], clock: Case.beginning)[0]
            let taken = try #require(Refund(entry, by: verdict.decisions[0], now: verdict.now))
            #expect(try store.refund([taken], clock: Case.beginning) == 1)
            let peek = try store.charge([Charge(cost: 0, [entry])], clock: Case.beginning)[0]
            #expect(peek.decisions[0].remaining == quota.limit)
            #expect(peek.decisions[0].resetAfter == 0)
            // A window's list is gone, and a bucket's number means full.
            #expect(try server.command("EXISTS", entry.key.name) == (quota.algorithm == .tokenBucket ? "1" : "0"))
        }
    }

    /// A cluster's limits rely on this: however charges and refunds of others interleave, no request is admitted that would
    /// not be admitted without the refunded requests.
    @Test("refunds never admit too many requests", arguments: 1...40 as ClosedRange<UInt64>)
    func never(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for quota in try Self.quotas() {
            let entry = Charge.Entry(try Policy(name: "p", quota: quota), for: Identity("client", "a".utf8))
            let step = max(1, quota.window / quota.limit)
            var store = MemoryStore()
            // The charges that stay, in a store that knows nothing of the refunded ones.
            var judge = MemoryStore()
            var now = Case.beginning
            var owed: [Refund] = []
            for _ in 0..<400 {
                now += Int64.random(in: 0...(2 * step), using: &generator)
                if Int.random(in: 0..<4, using: &generator) == 0, !owed.isEmpty {
                    store.refund(owed.remove(at: Int.random(in: owed.indices, using: &generator)), now: now)
                    continue
                }
                let cost = Int64.random(in: 1...max(1, min(5, quota.limit)), using: &generator)
                let charge = Charge(cost: cost, [entry])
                let verdict = store.charge(charge, now: now)
                guard verdict.isAllowed else { continue }
                if Bool.random(using: &generator) {
                    let taken = try #require(Refund(charge.entries[0], by: verdict.decisions[0], now: now))
                    owed.append(taken)
                } else {
                    try #require(judge.charge(charge, now: now).isAllowed, "\(quota), seed \(seed), at \(now)")
                }
            }
        }
    }

    /// A batch is looked at as a whole before any of it is charged, so the later requests are refunded.
    @Test(
        "the charge in one slot of a cluster is refunded when another slot refuses, and the refund is published",
        arguments: Algorithm.allCases)
    func refusedByAnother(_ algorithm: Algorithm) throws {
        let cluster = try RedisCluster()
        let location = try StoreLocation(cluster.location)
        let store = try location.open(deadlines: .patient)
        let news = try #require(try location.resetSubscription(deadlines: .patient))
        let policy = { (name: String, limit: Int64, mode: Policy.Mode) in
            try Policy(
                name: name, quota: Quota(limit: limit, window: 300 * 24 * Self.hour, algorithm: algorithm), mode: mode)
        }
        let entries = [
            Charge.Entry(try policy("mine", 10, .enforced), for: Identity("client", "a".utf8), cost: 2),
            Charge.Entry(try policy("trial", 20, .shadow), for: Identity("client", "a".utf8)),
            Charge.Entry(try policy("all", 3, .enforced), for: .everyone),
        ]
        #expect(ClusterSlot.of(entries[0].key.bytes) != ClusterSlot.of(entries[2].key.bytes))
        let verdicts = try store.charge(Array(repeating: Charge(entries), count: 5))
        #expect(verdicts.map(\.isAllowed) == [true, true, true, false, false])
        #expect(verdicts.map { $0.decisions.map(\.remaining) }.prefix(3) == [[8, 19, 2], [6, 18, 1], [4, 17, 0]])
        // As a peek finds it after its own refund; a bucket is short of what time paid off in the meantime.
        let left = verdicts[4].decisions.map(\.remaining)
        #expect(left == [4, 17, 0] || (algorithm == .tokenBucket && left == [3, 16, 0]))
        #expect(verdicts[4].decisions[2].retryAfter != nil)
        #expect(
            try waitUntil {
                try store.charge([Charge(cost: 0, entries)])[0].decisions.map(\.remaining) == [4, 17, 0]
            })
        #expect(
            try cluster.nodes.contains { try $0.server.command("INFO", "commandstats").contains("cmdstat_publish") })
        #expect(try waitUntil { try news.next() == .reset })
    }

    /// Two slots of a cluster, so that nearly every request that one slot refuses is refunded by the other.
    @Test(
        "clients of a cluster that are charged and refunded at the same time are admitted exactly as often as the limit says"
    )
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
                    for _ in 0..<30 {
                        admitted += try store.charge(Array(repeating: charge, count: 7)).filter(\.isAllowed).count
                    }
                    return admitted
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(admitted <= 150)
        // The refunded units are there to the last one.
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
