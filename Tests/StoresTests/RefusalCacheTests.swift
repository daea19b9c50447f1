import Cases
import Limiters
import Testing

@testable import Stores

@Suite("The cache of refusals")
struct RefusalCacheTests {
    private let client = Identity("client", "a".utf8)
    private let start: Microseconds = 1_000_000_000
    /// No reset came before, and none comes for a minute.
    private let trust = RefusalCache.Trust(from: 0, until: 1_060_000_000)

    private func policy(
        _ name: String = "p", limit: Int64 = 1, seconds: Int64 = 60, algorithm: Algorithm = .slidingWindow,
        mode: Policy.Mode = .enforced
    ) throws -> Policy {
        try Policy(
            name: name, quota: Quota(limit: limit, window: seconds * 1_000_000, algorithm: algorithm), mode: mode)
    }

    /// The cached refusal of a request whose quotas were used up in a new store.
    private func refusals(of charge: Charge, usedUpBy first: Charge? = nil) throws -> RefusalCache {
        var store = MemoryStore()
        _ = store.charge(first ?? charge, now: 0)
        let verdict = store.charge(charge, now: 0)
        #expect(!verdict.isAllowed)
        let refusals = RefusalCache()
        refusals.insert(verdict, asked: start)
        return refusals
    }

    @Test(
        "count down, while the moment of the reset stays the same",
        arguments: [.tokenBucket, .slidingWindow] as [Algorithm])
    func countdown(_ algorithm: Algorithm) throws {
        let charge = Charge([.init(try policy("p", algorithm: algorithm), for: client)])
        let refusals = try refusals(of: charge)
        for seconds in [0, 1, 30, 59] as [Int64] {
            let found = refusals.find(charge, now: start + seconds * 1_000_000, trust: trust, isUnavailable: false)
            let verdict = try #require(found)
            #expect(verdict.admission == .refused(retryAfter: (60 - seconds) * 1_000_000))
            #expect(verdict.decisions.map(\.remaining) == [0])
            #expect(verdict.now + verdict.decisions[0].resetAfter == 60_000_000)
            #expect(verdict.charge.entries.map(\.key) == charge.entries.map(\.key))
        }
        // A thousandth early, for clocks that run unevenly.
        #expect(refusals.find(charge, now: start + 59_939_999, trust: trust, isUnavailable: false) != nil)
        #expect(refusals.find(charge, now: start + 59_940_000, trust: trust, isUnavailable: false) == nil)
        #expect(refusals.find(charge, now: start + 59_940_000, trust: trust, isUnavailable: true) == nil)
    }

    @Test("hold for the same request only: keys, costs, quotas and modes")
    func sameness() throws {
        let (one, two) = (try policy("one"), try policy("two"))
        let charge = Charge([.init(one, for: client), .init(two, for: client)])
        let refusals = try refusals(of: charge)
        let others = [
            Charge([.init(one, for: client)]),
            Charge([.init(two, for: client), .init(one, for: client)]),
            Charge([.init(one, for: client), .init(two, for: client, cost: 0)]),
            Charge([.init(one, for: client), .init(two, for: Identity("client", "b".utf8))]),
            Charge([.init(try policy("one", limit: 2), for: client), .init(two, for: client)]),
            Charge([.init(try policy("one", seconds: 30), for: client), .init(two, for: client)]),
            Charge([.init(one, for: client), .init(try policy("two", mode: .shadow), for: client)]),
            Charge([.init(one, for: client), .init(two, for: client), .init(try policy("three"), for: client)]),
        ]
        for other in others { #expect(refusals.find(other, now: start, trust: trust, isUnavailable: true) == nil) }
        #expect(refusals.find(charge, now: start, trust: trust, isUnavailable: false) != nil)
    }

    @Test("contain the policies that refuse, each as long as it does, and no others")
    func others() throws {
        let charge = Charge([
            .init(try policy("free", limit: 9), for: client), .init(try policy("short", seconds: 10), for: client),
            .init(try policy("shadow", mode: .shadow), for: client), .init(try policy("long"), for: client),
        ])
        let refusals = try refusals(of: charge)
        let rows: [(Int64, [String], [Microseconds])] = [
            (0, ["short", "long"], [10, 60]), (9, ["short", "long"], [1, 51]), (10, ["long"], [50]),
            (50, ["long"], [10]),
        ]
        for (seconds, names, waits) in rows {
            let found = refusals.find(charge, now: start + seconds * 1_000_000, trust: trust, isUnavailable: false)
            let verdict = try #require(found)
            #expect(verdict.charge.entries.map(\.policy.name) == names)
            #expect(verdict.decisions.compactMap(\.retryAfter) == waits.map { $0 * 1_000_000 })
            #expect(verdict.admission == .refused(retryAfter: (60 - seconds) * 1_000_000))
        }
    }

    @Test("exclude refusals without an end, and those by shadow policies")
    func endless() throws {
        for charge in [
            Charge([.init(try policy(), for: client, cost: 2)]),
            Charge([.init(try policy(mode: .shadow), for: client)]),
        ] {
            var store = MemoryStore()
            let refusals = RefusalCache()
            for _ in 0..<2 { refusals.insert(store.charge(charge, now: 0), asked: start) }
            #expect(refusals.find(charge, now: start, trust: trust, isUnavailable: true) == nil)
        }
    }

    @Test("of more than one unit count for a second: smaller requests may change what is left")
    func severalUnits() throws {
        let policy = try policy(limit: 4)
        let charge = Charge([.init(policy, for: client, cost: 3)])
        let refusals = try refusals(of: charge)
        let found = try #require(refusals.find(charge, now: start + 999_999, trust: trust, isUnavailable: false))
        #expect(found.decisions[0].remaining == 1)
        #expect(refusals.find(charge, now: start + 1_000_000, trust: trust, isUnavailable: false) == nil)
    }

    @Test(
        "hold as long as no reset can have been missed",
        arguments: [
            // Seconds after the refusal; from when and until when resets are known; whether the store is unavailable.
            (0.0, -9.0, 0.0, false, true), (30, -9, 29.5, false, true), (30, -9, 29, false, true),
            (30, -9, 28.9, false, false), (30, -9, 28.9, true, true),
            // A reset came, or resets were unknown for a while.
            (30, 0.1, 30, false, false), (30, 0.1, 30, true, false), (0.2, 0.1, 0.1, false, false),
            (30, 0, 30, false, true),
            // Resets are unknown.
            (0.9, -999, -999, false, true), (1.1, -999, -999, false, false), (1.1, -999, -999, true, true),
        ] as [(Double, Double, Double, Bool, Bool)])
    func trust(after: Double, from: Double, until: Double, isUnavailable: Bool, isFound: Bool) throws {
        func moment(_ seconds: Double) -> Microseconds { start + Microseconds(seconds * 1_000_000) }
        let charge = Charge([.init(try policy(), for: client)])
        let refusals = try refusals(of: charge)
        let trust = RefusalCache.Trust(from: moment(from), until: moment(until))
        #expect(
            (refusals.find(charge, now: moment(after), trust: trust, isUnavailable: isUnavailable) != nil) == isFound)
    }

    @Test("are checked after a minute, because the store may have lost its data, unless it is unavailable")
    func age() throws {
        let charge = Charge([.init(try policy(seconds: 600), for: client)])
        let refusals = try refusals(of: charge)
        let trust = RefusalCache.Trust(from: 0, until: start + 600_000_000)
        let minute = start + RefusalCache.maximumAge
        #expect(refusals.find(charge, now: minute, trust: trust, isUnavailable: false) != nil)
        #expect(refusals.find(charge, now: minute + 1, trust: trust, isUnavailable: false) == nil)
        #expect(refusals.find(charge, now: minute + 1, trust: trust, isUnavailable: true) != nil)
    }

    @Test("belong to one rule: another tag is another request")
    func tags() throws {
        let policy = try policy()
        let refusals = try refusals(of: Charge([.init(policy, for: client, tag: 1)]))
        for (tag, isFound) in [(1, true), (2, false)] as [(Int32, Bool)] {
            let charge = Charge([.init(policy, for: client, tag: tag)])
            #expect((refusals.find(charge, now: start, trust: trust, isUnavailable: false) != nil) == isFound)
        }
    }

    @Test("a later refusal of the same request replaces the earlier one")
    func renewal() throws {
        let charge = Charge([.init(try policy(), for: client)])
        let refusals = try refusals(of: charge)
        let later = RefusalCache.Trust(from: start + 1, until: start + 60_000_000)
        #expect(refusals.find(charge, now: start + 2, trust: later, isUnavailable: false) == nil)
        var store = MemoryStore()
        _ = store.charge(charge, now: 0)
        refusals.insert(store.charge(charge, now: 2), asked: start + 2)
        #expect(refusals.find(charge, now: start + 3, trust: later, isUnavailable: false) != nil)
    }

    @Test("are bounded: of very many, most of the newest stay, and those that expire first are dropped")
    func bounded() throws {
        let (long, short) = (try policy("long"), try policy("short", seconds: 30))
        let refusals = RefusalCache()
        func remember(_ number: Int, _ policy: Policy) {
            let charge = Charge([.init(policy, for: Identity("client", "\(number)".utf8))])
            var store = MemoryStore()
            _ = store.charge(charge, now: 0)
            refusals.insert(store.charge(charge, now: 0), asked: start)
        }
        func found(_ numbers: Range<Int>, _ policy: Policy) -> Int {
            numbers.count { number in
                let charge = Charge([.init(policy, for: Identity("client", "\(number)".utf8))])
                return refusals.find(charge, now: start, trust: trust, isUnavailable: false) != nil
            }
        }
        let half = RefusalCache.capacity / 2
        for number in 0..<half { remember(number, long) }
        for number in 0..<RefusalCache.capacity { remember(number, short) }
        let kept = found(0..<half, long)
        #expect(kept > half * 95 / 100)
        let keptBesides = found(0..<RefusalCache.capacity, short)
        #expect(keptBesides > half * 90 / 100)
        #expect(kept + keptBesides <= RefusalCache.capacity)
    }

    @Test("that have ended give their memory back, as further ones come")
    func ended() throws {
        let policy = try policy()
        let refusals = RefusalCache()
        func remember(_ numbers: Range<Int>, asked: Microseconds) {
            for number in numbers {
                let charge = Charge([.init(policy, for: Identity("client", "\(number)".utf8))])
                var store = MemoryStore()
                _ = store.charge(charge, now: 0)
                refusals.insert(store.charge(charge, now: 0), asked: asked)
            }
        }
        remember(0..<20_000, asked: start)
        #expect(refusals.count > 19_000)
        // A minute later the first clients are not refused any more.
        remember(20_000..<40_000, asked: start + 60_000_000)
        #expect(refusals.count <= 20_000)
    }

    @Test("in front of a store change no decision in random sequences", arguments: 1...20)
    func property(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var sequence = try RandomSequence(&random)
        for _ in 0..<4_000 { sequence.step(&random) }
        #expect(sequence.cachedCount > 100, "the sequence uses too few cached refusals")
        #expect(sequence.allowed > 100, "the sequence allows too little to tell")
    }

    /// Random requests to a plain store, and to a store of the same kind with a cache, whose clocks differ.
    private struct RandomSequence {
        private(set) var cachedCount = 0
        private(set) var allowed = 0
        private var policies: [Policy]
        private var plain = MemoryStore()
        private var cachedStore = MemoryStore()
        private let refusals = RefusalCache()
        private var trust = RefusalCache.Trust(from: 0, until: .max - 2_000_000)
        private var now: Microseconds = 1_000_000_000
        /// How far the store's clock is ahead of this machine's steady clock.
        private let apart: Microseconds

        init(_ random: inout SeededGenerator) throws {
            apart = .random(in: 0...2_000_000_000_000_000, using: &random)
            policies = []
            for number in 0..<3 { policies.append(try Self.policy(number, &random)) }
        }

        private static func policy(_ number: Int, _ random: inout SeededGenerator) throws -> Policy {
            // Limits above 1,024 units count by grains.
            let limit = Int64.random(in: 1...4, using: &random) * (number == 2 ? 700 : 1)
            let quota = try Quota(
                limit: limit, window: .random(in: 3_000...4_000_000, using: &random),
                algorithm: number == 0 ? .tokenBucket : .slidingWindow)
            return try Policy(name: "p\(number)", quota: quota)
        }

        mutating func step(_ random: inout SeededGenerator) {
            now += .random(in: 0...(Int.random(in: 0..<20, using: &random) == 0 ? 3_000_000 : 30_000), using: &random)
            switch Int.random(in: 0..<500, using: &random) {
            case 0:
                // All quotas are full again.
                (plain, cachedStore) = (MemoryStore(), MemoryStore())
                trust = RefusalCache.Trust(from: now + 1, until: trust.until)
                now += 1
            case 1:
                let number = Int.random(in: 0..<3, using: &random)
                if let other = try? Self.policy(number, &random) { policies[number] = other }
            default: break
            }

            let client = Identity("client", "\(Int.random(in: 0..<3, using: &random))".utf8)
            var entries: [Charge.Entry] = []
            for policy in policies where Bool.random(using: &random) {
                let most: Int64 = policy.quota.limit > 1_000 ? 900 : 2
                let cost = Int.random(in: 0..<4, using: &random) > 0 ? 1 : Int64.random(in: 0...most, using: &random)
                entries.append(.init(policy, for: client, cost: cost))
            }
            let charge = Charge(entries)
            let asked = now
            if let verdict = refusals.find(
                charge, now: now, trust: trust, isUnavailable: Bool.random(using: &random))
            {
                cachedCount += 1
                let truth = plain.charge(charge, now: now + apart)
                #expect(!truth.isAllowed)
                for (entry, decision) in zip(verdict.charge.entries, verdict.decisions) {
                    guard let index = charge.entries.firstIndex(where: { $0.key == entry.key }) else { continue }
                    let its = truth.decisions[index]
                    // For more than one unit, everything but the refusal itself may be outdated.
                    guard verdict.charge.entries.allSatisfy({ $0.cost == 1 }) else { continue }
                    // The time from the question to the decision counts for the client.
                    let late = (its.retryAfter ?? 0) - (decision.retryAfter ?? 0)
                    #expect((0...2_000).contains(late))
                    #expect(its.remaining == decision.remaining)
                    #expect(truth.now + its.resetAfter == verdict.now + decision.resetAfter)
                }
                return
            }
            now += .random(in: 0...2_000, using: &random)
            let verdict = cachedStore.charge(charge, now: now + apart)
            refusals.insert(verdict, asked: asked)
            #expect(plain.charge(charge, now: now + apart).admission == verdict.admission)
            if verdict.isAllowed { allowed += 1 }
        }
    }
}
