/// A length or a point of time in whole microseconds; a point counts from the Unix epoch.
public typealias Microseconds = Int64

/// How a quota counts.
///
/// The raw value is the name that headers, metrics and configuration files use.
public enum Algorithm: String, Sendable, CaseIterable {
    /// See ``TokenBucket``.
    case tokenBucket = "token_bucket"
    /// See ``SlidingWindow``.
    case slidingWindow = "sliding_window"
}

/// So many units per window, and the algorithm that counts them.
///
///     try Quota(limit: 30, window: 60_000_000, algorithm: .tokenBucket)   // 30 per minute
public struct Quota: Sendable, Hashable {
    /// Units that fit into one window; at least 1.
    public let limit: Int64
    /// The window's length; from a millisecond to 366 days.
    public let window: Microseconds
    /// How the units are counted.
    public let algorithm: Algorithm

    /// The largest limit: keeps every product below 2^53, where the numbers of Redis scripts stop being exact.
    public static let largestLimit: Int64 = 1_000_000_000
    /// The shortest and the longest window: one millisecond and 366 days.
    public static let windows: ClosedRange<Microseconds> = 1_000...31_622_400_000_000

    /// A quota, or the reason why there can be none.
    ///
    /// - Throws: ``QuotaError`` when the limit or the window is out of range, or when a token bucket would refill more
    ///   than one unit a microsecond.
    public init(limit: Int64, window: Microseconds, algorithm: Algorithm) throws(QuotaError) {
        guard (1...Quota.largestLimit).contains(limit) else { throw .limitOutOfRange(limit) }
        guard Quota.windows.contains(window) else { throw .windowOutOfRange(window) }
        guard algorithm != .tokenBucket || limit <= window else { throw .refillTooFast(limit: limit, window: window) }
        self.limit = limit
        self.window = window
        self.algorithm = algorithm
    }

    private init(unchecked limit: Int64, _ quota: Quota) {
        self.limit = limit
        window = quota.window
        algorithm = quota.algorithm
    }

    /// One of `count` equal parts of it: the limit divided, rounded down, and at least one unit.
    func divided(among count: Int64) -> Quota {
        Quota(unchecked: max(1, limit / max(1, count)), self)
    }

    /// Decides one request of `cost` units at the moment `now`; reads the state and changes nothing.
    ///
    /// - Parameters:
    ///   - state: what the store keeps for the key, as ``State`` describes; empty when there is nothing.
    ///   - now: the store's clock.
    ///   - cost: units asked for, at least 0; 0 is a peek.
    /// - Returns: the decision, and the change to the state to be written if every policy of the request allows.
    public func decide(_ state: State, now: Microseconds, cost: Int64) -> (Decision, Change) {
        switch algorithm {
        case .tokenBucket: TokenBucket(self).decide(state, now: now, cost: cost)
        case .slidingWindow: SlidingWindow(self).decide(state, now: now, cost: cost)
        }
    }
}

/// Why a quota cannot be built.
public enum QuotaError: Error, Equatable, CustomStringConvertible {
    /// The limit is not in 1…1,000,000,000.
    case limitOutOfRange(Int64)
    /// The window is not between one millisecond and 366 days.
    case windowOutOfRange(Microseconds)
    /// A token bucket refills at most one unit a microsecond.
    case refillTooFast(limit: Int64, window: Microseconds)

    /// One line that says what is wrong and what to write instead.
    public var description: String {
        switch self {
        case .limitOutOfRange(let limit): "limit \(limit) is out of range: use 1 to \(Quota.largestLimit)"
        case .windowOutOfRange(let window):
            "window of \(window) microseconds is out of range: use 1 millisecond to 366 days"
        case .refillTooFast(let limit, let window):
            "a token bucket cannot refill \(limit) units in \(window) microseconds: use at most one unit a microsecond"
        }
    }
}
