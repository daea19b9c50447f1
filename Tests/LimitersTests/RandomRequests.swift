import Cases
import Limiters
import Testing

/// Requests of one client to one quota by a clock that only runs forward; the same seed gives the same requests.
struct RandomRequests {
    private let policy: Policy
    private var generator: SeededGenerator
    private var store = MemoryStore()
    private var now = Case.beginning

    init(seed: UInt64, limit: Int64, window: Microseconds, _ algorithm: Algorithm) throws {
        policy = try Policy(name: "p", quota: Quota(limit: limit, window: window, algorithm: algorithm))
        generator = SeededGenerator(seed: seed)
    }

    /// The next request's cost and its answer.
    mutating func next() -> (cost: Int64, verdict: Verdict) {
        let (limit, window) = (policy.quota.limit, policy.quota.window)
        // Long pauses are rare, or the window would be empty most of the time.
        let pause: ClosedRange<Microseconds> =
            switch Int.random(in: 0..<14, using: &generator) {
            case 0..<2: 0...0
            case 2..<4: 0...3
            case 4..<11: 0...max(1, window / 50)
            case 11..<13: 0...(window / 4)
            default: 0...(2 * window)
            }
        let costs: ClosedRange<Int64> =
            switch Int.random(in: 0..<9, using: &generator) {
            case 0: 0...0
            case 1..<3: 1...1
            case 3..<7: 1...max(1, limit / 10)
            case 7: 1...limit
            default: limit...min(limit + 1, Quota.largestLimit)
            }
        now += .random(in: pause, using: &generator)
        let cost = Int64.random(in: costs, using: &generator)
        return (cost, charge(cost, at: now))
    }

    /// Goes on until a few hundred requests were refused, and tries each of them again around the promised moment.
    mutating func expectExactWaits() throws {
        var tried = 0
        for _ in 0..<3_000 where tried < 300 {
            let (cost, verdict) = next()
            guard case .refused(let retryAfter) = verdict.admission else { continue }
            tried += 1
            #expect(retryAfter > 0)
            let untouched = store
            #expect(charge(cost, at: now + retryAfter - 1).admission == .refused(retryAfter: 1))
            #expect(charge(cost, at: now + retryAfter).isAllowed)
            // The trial is over, and its units are refunded.
            store = untouched
        }
        #expect(tried >= 100, "the sequence refuses too little to tell")
    }

    private mutating func charge(_ cost: Int64, at now: Microseconds) -> Verdict {
        store.charge(Charge(cost: cost, [.init(policy, for: Identity("client", "a".utf8))]), now: now)
    }
}
