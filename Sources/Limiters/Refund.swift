/// What one request took from one policy: what it needs to be given back.
///
/// Where policies of one request are kept apart, and cannot be charged all or none at once, what one of them gave is
/// given back when another refuses. Giving back never gives more than was taken, whatever was charged or given back in
/// between; what cannot be given back stays taken.
public struct Refund: Sendable, Hashable {
    /// Where the store keeps the state.
    public let key: Key
    /// How the units are counted.
    public let quota: Quota
    /// Units, at least 1.
    public let cost: Int64
    /// When they were taken.
    ///
    /// Token bucket: the store's clock. Sliding window: the time that the log has them under.
    public let moment: Microseconds

    /// What `entry` was charged; `nil` where nothing was: by a peek, or where the policy does not allow.
    ///
    /// - Parameters:
    ///   - entry: what was asked of the policy.
    ///   - decision: what it answered, as part of a request that was charged.
    ///   - now: the store's clock at the decision.
    public init?(_ entry: Charge.Entry, by decision: Decision, now: Microseconds) {
        guard decision.admission == .allowed, entry.cost > 0 else { return nil }
        key = entry.key
        quota = entry.policy.quota
        cost = entry.cost
        moment =
            switch quota.algorithm {
            case .tokenBucket: now
            case .slidingWindow: now + decision.resetAfter - quota.window
            }
    }

    /// The state after these units were given back at the moment `now`.
    ///
    /// - Parameters:
    ///   - words: what the store keeps for ``key``, as ``State`` describes; empty when there is nothing.
    ///   - now: the store's clock.
    /// - Returns: the new state; the same where there is nothing to give back, empty where nothing is left of it.
    public func applied(to words: [Int64], now: Microseconds) -> [Int64] {
        switch quota.algorithm {
        case .tokenBucket: TokenBucket(quota).refund(self, to: words, now: now)
        case .slidingWindow: SlidingWindow(quota).refund(self, to: words)
        }
    }
}
