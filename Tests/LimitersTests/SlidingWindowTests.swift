import Cases
import Histories
import Limiters
import Testing

@Suite("Sliding window")
struct SlidingWindowTests {
    /// On both sides of 1,024, above which entries are merged, and at both ends.
    static let quotas: [(Int64, Microseconds)] = [
        (1, 1_000), (2, 60_000_000), (10, 1_000_001), (300, 60_000_000), (1_024, 3_600_000_000),
        (1_025, 3_600_000_000), (1_025, 1_000), (5_000, 60_000_007), (1_000_000, 86_400_000_000),
        (1_000_000_000, 31_622_400_000_000),
    ]

    @Test("a refused request is refused until exactly the wait is over, and then allowed", arguments: quotas)
    func wait(_ limit: Int64, _ window: Microseconds) throws {
        var requests = try RandomRequests(seed: 3, limit: limit, window: window, .slidingWindow)
        try requests.expectExactWaits()
    }

    @Test("no interval of the window's length admits more than the limit", arguments: quotas)
    func bound(_ limit: Int64, _ window: Microseconds) throws {
        for seed in 4..<9 as Range<UInt64> {
            var requests = try RandomRequests(seed: seed, limit: limit, window: window, .slidingWindow)
            var log = NaiveLog(limit: limit, window: window)
            for _ in 0..<1_500 {
                let (cost, verdict) = requests.next()
                guard verdict.isAllowed else { continue }
                #expect(log.used(at: verdict.now) + cost <= limit, "seed \(seed), at \(verdict.now)")
                log.admit(cost, at: verdict.now)
            }
        }
    }

    @Test(
        "up to a limit of 1,024 it decides as a log of every admission does",
        arguments: quotas.filter { $0.0 <= 1_024 })
    func oracle(_ limit: Int64, _ window: Microseconds) throws {
        for seed in 9..<14 as Range<UInt64> {
            var requests = try RandomRequests(seed: seed, limit: limit, window: window, .slidingWindow)
            var log = NaiveLog(limit: limit, window: window)
            for _ in 0..<1_500 {
                let (cost, verdict) = requests.next()
                #expect(verdict.decisions == [log.decide(cost, at: verdict.now)], "seed \(seed), at \(verdict.now)")
            }
        }
    }

    @Test("above 1,024 a unit is free at most a 1,024th of the window late", arguments: quotas.filter { $0.0 > 1_024 })
    func lateness(_ limit: Int64, _ window: Microseconds) throws {
        let grain = (window + 1_023) / 1_024
        for seed in 14..<19 as Range<UInt64> {
            var requests = try RandomRequests(seed: seed, limit: limit, window: window, .slidingWindow)
            var log = NaiveLog(limit: limit, window: window)
            for _ in 0..<1_500 {
                let (cost, verdict) = requests.next()
                if case .refused(let retryAfter) = verdict.admission {
                    // What a log with windows longer by a grain admits, it admits too.
                    #expect(log.used(at: verdict.now - grain + 1) + cost > limit, "seed \(seed), at \(verdict.now)")
                    let exact = try #require(log.retryAfter(cost, at: verdict.now, late: grain))
                    #expect(retryAfter <= exact, "seed \(seed), at \(verdict.now)")
                } else if verdict.isAllowed {
                    log.admit(cost, at: verdict.now)
                }
            }
        }
    }

    @Test(
        "a state stays below 1,025 pairs, whatever the limit",
        arguments: [
            (1_000_000, 86_400_000_000), (1_000_000_000, 86_400_000_000), (1_025, 86_400_000_000),
            (1_024, 86_400_000_000), (1_000_000, 1_000),
        ] as [(Int64, Microseconds)])
    func bytes(_ limit: Int64, _ window: Microseconds) throws {
        var state = StateUnderTest(try Quota(limit: limit, window: window, algorithm: .slidingWindow))
        var most = 0
        // Three windows, eight admissions in each grain.
        let step = max(1, window / 8_192)
        for now in stride(from: Case.beginning, to: Case.beginning + 3 * window, by: Int64.Stride(step)) {
            state.charge(now: now, cost: max(1, limit / 10_000))
            most = max(most, state.words.count)
        }
        #expect(most <= 1 + 2 * 1_025)
        #expect(8 * most <= 16_408)
    }

    @Test("a state can be removed when all its units have left")
    func expiry() throws {
        for limit in [10, 2_000] as [Int64] {
            var state = StateUnderTest(try Quota(limit: limit, window: 10_000_000, algorithm: .slidingWindow))
            let decision = state.charge(now: Case.beginning + 5, cost: 3)
            #expect(state.expiry == Case.beginning + 5 + decision.resetAfter)
            #expect(state.peek(now: state.expiry - 1).remaining == limit - 3)
            #expect(state.peek(now: state.expiry).remaining == limit)
        }
    }
}
