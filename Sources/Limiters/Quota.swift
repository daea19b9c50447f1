/// A duration or a point in time, in whole microseconds; a point in time counts from the Unix epoch.
public typealias Microseconds = Int64

/// How a quota counts.
///
/// The raw value is the name in headers, metrics and configuration files.
public enum Algorithm: String, Sendable, CaseIterable {
    /// See ``TokenBucket``.
    case tokenBucket = "token_bucket"
    /// See ``SlidingWindow``.
    case slidingWindow = "sliding_window"
    /// Requests at the same time: a ``SlidingWindow`` whose window is the lease of a request.
    ///
    /// Each charge is refunded when its request ends. If nobody refunds it, its unit is free again when the lease is over.
    case atOnce = "at_once"
}

/// A number of units per window, and the algorithm that counts them.
///
///     try Quota(limit: 30, window: 60_000_000, algorithm: .tokenBucket)   // 30 per minute
///     try Quota(limit: 5, window: 600_000_000, algorithm: .atOnce)        // 5 at once, leases of 10 minutes
public struct Quota: Sendable, Hashable {
    /// Units per window; at least 1.
    public let limit: Int64
    /// The length of the window, one millisecond to 366 days.
    public let window: Microseconds
    /// How the units are counted.
    public let algorithm: Algorithm

    /// The largest limit.
    ///
    /// It keeps every product below 2^53, up to which numbers in Redis scripts are exact.
    public static let largestLimit: Int64 = 1_000_000_000
    /// The shortest and the longest window: one millisecond and 366 days.
    public static let windows: ClosedRange<Microseconds> = 1_000...31_622_400_000_000

    /// A quota.
    ///
    /// - Throws: ``QuotaError`` when the limit or the window is out of range, or when a token bucket would refill more
    ///   than one unit per microsecond.
    public init(limit: Int64, window: Microseconds, algorithm: Algorithm) throws(QuotaError) {
        guard (1...Quota.largestLimit).contains(limit) else { throw .limitOutOfRange(limit) }
        guard Quota.windows.contains(window) else { throw .windowOutOfRange(window) }
        guard algorithm != .tokenBucket || limit <= window else { throw .refillTooFast(limit: limit, window: window) }
        self.limit = limit
        self.window = window
        self.algorithm = algorithm
    }

    init(unchecked limit: Int64, _ window: Microseconds, _ algorithm: Algorithm) {
        self.limit = limit
        self.window = window
        self.algorithm = algorithm
    }

    /// The quota with its limit divided by `count`, rounded down, and at least one unit.
    func divided(among count: Int64) -> Quota {
        Quota(unchecked: max(1, limit / max(1, count)), window, algorithm)
    }

    /// The quota counted by a token bucket; a limit that would refill faster than a unit per microsecond is lowered to that.
    func countedByTokenBucket() -> Quota {
        Quota(unchecked: min(limit, window), window, .tokenBucket)
    }

    /// Decides one request of `cost` units at the time `now`.
    ///
    /// Changes nothing.
    ///
    /// - Parameters:
    ///   - state: the state of the key, as ``State`` describes it; empty when the key is unused.
    ///   - now: the store's clock.
    ///   - cost: units, at least 0; 0 is a peek.
    ///   - isForced: whether the units are taken even beyond the limit, at most twice the limit. Later requests wait until
    ///     the debt is paid.
    /// - Returns: the decision, and the change to write if every policy of the request allows it.
    public func decide(
        _ state: State, now: Microseconds, cost: Int64, isForced: Bool = false
    ) -> (Decision, Change) {
        switch algorithm {
        case .tokenBucket: TokenBucket(self).decide(state, now: now, cost: cost, isForced)
        case .slidingWindow, .atOnce: SlidingWindow(self).decide(state, now: now, cost: cost, isForced)
        }
    }
}

/// Why a quota is not valid.
public enum QuotaError: Error, Equatable, CustomStringConvertible {
    /// The limit is not between 1 and 1,000,000,000.
    case limitOutOfRange(Int64)
    /// The window is not between one millisecond and 366 days.
    case windowOutOfRange(Microseconds)
    /// A token bucket would refill more than one unit per microsecond.
    case refillTooFast(limit: Int64, window: Microseconds)

    /// One line that says what is wrong and what is allowed.
    public var description: String {
        switch self {
        case .limitOutOfRange(let limit): "limit \(limit) is out of range: use 1 to \(Quota.largestLimit)"
        case .windowOutOfRange(let window):
            "window of \(window) microseconds is out of range: use 1 millisecond to 366 days"
        case .refillTooFast(let limit, let window):
            "a token bucket cannot refill \(limit) units in \(window) microseconds: use at most one unit per microsecond"
        }
    }
}
