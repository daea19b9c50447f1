import Cases
import Limiters
import Testing

@Suite("Token bucket")
struct TokenBucketTests {
    /// Limits and windows at both ends, and some whose interval is not a whole number of microseconds.
    static let quotas: [(Int64, Microseconds)] = [
        (1, 1_000), (1, 31_622_400_000_000), (1_000, 1_000), (3, 1_000_000), (7, 1_000_000), (30, 60_000_000),
        (999_983, 1_000_000), (1_000_000_000, 31_622_400_000_000),
    ]

    @Test("a refused request is refused until exactly the wait is over, and then allowed", arguments: quotas)
    func wait(_ limit: Int64, _ window: Microseconds) throws {
        var requests = try RandomRequests(seed: 1, limit: limit, window: window, .tokenBucket)
        try requests.expectExactWaits()
    }

    @Test("no interval admits more than a full bucket and its refill", arguments: quotas)
    func rate(_ limit: Int64, _ window: Microseconds) throws {
        var requests = try RandomRequests(seed: 2, limit: limit, window: window, .tokenBucket)
        var admitted: [(now: Microseconds, total: Int64)] = []
        var total: Int64 = 0
        for _ in 0..<2_000 {
            let (cost, verdict) = requests.next()
            guard verdict.isAllowed, cost > 0 else { continue }
            for (start, before) in admitted.suffix(200) {
                // In fractions of a window: flown in is elapsed · limit / window, rounded down.
                let (high, low) = (verdict.now - start).multipliedFullWidth(by: limit)
                let flownIn = window.dividingFullWidth((high, low)).quotient
                #expect(total + cost - before <= limit + flownIn)
            }
            admitted.append((verdict.now, total))
            total += cost
        }
        #expect(total > limit)
    }

    @Test("a bucket is one integer, whatever was admitted")
    func bytes() throws {
        var state = StateUnderTest(try Quota(limit: 1_000, window: 1_000_000, algorithm: .tokenBucket))
        for now in stride(from: Case.beginning, to: Case.beginning + 10_000_000, by: 7_001) {
            state.charge(now: now, cost: 5)
            #expect(state.words.count == 1)
        }
    }

    @Test("a state can be removed when the bucket is full again")
    func expiry() throws {
        var state = StateUnderTest(try Quota(limit: 10, window: 10_000_000, algorithm: .tokenBucket))
        let decision = state.charge(now: Case.beginning, cost: 3)
        #expect(state.expiry == Case.beginning + decision.resetAfter)
        #expect(state.peek(now: state.expiry - 1).remaining == 9)
        #expect(state.peek(now: state.expiry).remaining == 10)
    }
}
