public import Limiters

/// Batches of requests as varied as a store may meet; the same seed gives the same batches.
///
/// Mixed algorithms, modes and limits, costs from a peek to the impossible, units beyond the limit, one to four policies per request, and a clock
/// that runs, jumps and steps back.
///
/// Windows are an hour and more, and refill intervals a minute and more, so that a store that also expires keys by a real
/// clock expires none while a test runs.
public struct RandomBatches: Sequence, IteratorProtocol {
    /// Requests that are sent together at one moment.
    public struct Batch {
        /// The requests.
        public let charges: [Charge]
        /// The moment.
        public let now: Microseconds
    }

    private static let hour: Microseconds = 3_600_000_000
    private static let day = 24 * hour

    private var generator: SeededGenerator
    private let policies: [Policy]
    /// The policies that take units whatever the limit, under the keys of those with the same names.
    private let forced: [String: Policy]
    private let identities: [Identity]
    private var now = Case.beginning
    private var left: Int

    /// Batches with at least this many requests in total.
    public init(seed: UInt64, requests: Int, keys: String) throws {
        generator = SeededGenerator(seed: seed)
        left = requests
        identities = (0..<5).map { Identity("client", "\(keys)-\(seed)-\($0)".utf8) }
        let quotas: [(Int64, Microseconds, Algorithm)] = [
            (1, Self.hour, .tokenBucket),
            (7, Self.hour, .tokenBucket),
            (60, Self.hour, .tokenBucket),
            (1_000, Self.day, .tokenBucket),
            (500_000, 366 * Self.day, .tokenBucket),
            (1, Self.hour, .slidingWindow),
            (3, 2 * Self.hour, .slidingWindow),
            (50, Self.hour + 1, .slidingWindow),
            (1_024, Self.day, .slidingWindow),
            (1_025, Self.hour, .slidingWindow),
            (5_000, Self.day + 7, .slidingWindow),
            (1_000_000, Self.day, .slidingWindow),
            (1_000_000_000, 366 * Self.day, .slidingWindow),
        ]
        policies = try quotas.enumerated().flatMap { index, row in
            let quota = try Quota(limit: row.0, window: row.1, algorithm: row.2)
            return [
                try Policy(name: "p\(index)", quota: quota),
                try Policy(name: "s\(index)", quota: quota, mode: .shadow),
            ]
        }
        forced = try Dictionary(
            uniqueKeysWithValues: policies.map { ($0.name, try Policy(name: $0.name, quota: $0.quota, mode: .forced)) })
    }

    /// The next batch.
    public mutating func next() -> Batch? {
        guard left > 0 else { return nil }
        moveClock()
        let charges = (0..<Int.random(in: 1...40, using: &generator)).map { _ in request() }
        left -= charges.count
        return Batch(charges: charges, now: now)
    }

    private mutating func request() -> Charge {
        let entries = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
            let policy = policies[Int.random(in: policies.indices, using: &generator)]
            let identity = identities[Int.random(in: identities.indices, using: &generator)]
            let cost = cost(of: policy.quota.limit)
            guard Int.random(in: 0..<50, using: &generator) == 0, let forced = forced[policy.name] else {
                return Charge.Entry(policy, for: identity, cost: cost)
            }
            return Charge.Entry(forced, for: identity, cost: 3 * cost)
        }
        return Charge(entries)
    }

    /// Costs that fill a limit within a few dozen requests, so that all outcomes are frequent.
    private mutating func cost(of limit: Int64) -> Int64 {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0...1: 0
        case 2: limit + 1
        case 3: limit
        case 4...11: 1
        case 12...17: Int64.random(in: 1...Swift.max(1, limit / 20), using: &generator)
        default: Int64.random(in: 1...limit, using: &generator)
        }
    }

    private mutating func moveClock() {
        let step: Microseconds =
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<20: 0
            case 20..<30: 1
            case 30..<50: Int64.random(in: 1...1_000_000, using: &generator)
            case 50..<75: Int64.random(in: 1...60_000_000, using: &generator)
            case 75..<88: Int64.random(in: 1...Self.hour, using: &generator)
            // Back: within a grain, within a window, and far.
            case 88..<91: -Int64.random(in: 1...1_000, using: &generator)
            case 91..<94: -Int64.random(in: 1...100_000_000, using: &generator)
            case 94..<96: -Int64.random(in: 1...(2 * Self.hour), using: &generator)
            case 96..<97: -Int64.random(in: 1...(3 * Self.day), using: &generator)
            case 97..<99: Int64.random(in: 1...(2 * Self.day), using: &generator)
            default: Int64.random(in: 1...(400 * Self.day), using: &generator)
            }
        now += step
    }
}
