/// Units that one policy was charged, with what it takes to give them back.
///
/// Policies that live in different parts of a store cannot be charged all or none at once. So a policy that was charged
/// gets its units back when another one refuses. It also gets them back when a request ended in a way that does not count.
/// A refund never gives back more than was charged, whatever was charged or
/// refunded in between. Units that cannot be given back stay charged.
public struct Refund: Sendable, Hashable {
    /// The key of the state in the store.
    public let key: Key
    /// How the units are counted.
    public let quota: Quota
    /// Units to give back, at least 1.
    public let cost: Int64
    /// When the units were charged.
    ///
    /// Token bucket: the store's clock. Otherwise: the time that the log has for them.
    public let moment: Microseconds

    /// The refund of `entry`; `nil` if nothing was charged: for a peek, or if the policy does not allow.
    ///
    /// - Parameters:
    ///   - entry: what the policy was asked.
    ///   - decision: what the policy answered, as part of a request that was charged.
    ///   - now: the store's clock at the decision.
    public init?(_ entry: Charge.Entry, by decision: Decision, now: Microseconds) {
        guard decision.admission == .allowed, entry.cost > 0 else { return nil }
        key = entry.key
        quota = entry.policy.quota
        cost = entry.cost
        moment =
            switch quota.algorithm {
            case .tokenBucket: now
            case .slidingWindow, .atOnce: now + decision.resetAfter - quota.window
            }
    }

    /// The refund of so many of the units.
    func part(_ units: Int64) -> Refund { Refund(key, quota, cost: units, moment: moment) }

    init(_ key: Key, _ quota: Quota, cost: Int64, moment: Microseconds) {
        self.key = key
        self.quota = quota
        self.cost = cost
        self.moment = moment
    }

    /// The state after the refund.
    ///
    /// - Parameters:
    ///   - words: the state of ``key``, as ``State`` describes it; empty when the key is unused.
    ///   - now: the store's clock.
    /// - Returns: the new state: the same if there is nothing to give back, empty if nothing is left.
    public func applied(to words: [Int64], now: Microseconds) -> [Int64] {
        switch quota.algorithm {
        case .tokenBucket: TokenBucket(quota).refund(self, to: words, now: now)
        case .slidingWindow, .atOnce: SlidingWindow(quota).refund(self, to: words)
        }
    }
}
