/// Requests by outcome, of one client, of one value of a dimension, or of all others together.
struct ClientCount: Hashable {
    /// Allowed and shadow-blocked requests.
    var allowed: Int64 = 0
    var blocked: Int64 = 0
    /// Requests that the store did not decide.
    var failed: Int64 = 0
    /// The largest use of a policy's limit that was met, in percent.
    var peak: Int64 = 0

    var total: Int64 { allowed.saturatingAdding(blocked).saturatingAdding(failed) }

    mutating func add(_ outcome: Outcome, use: Int64) {
        peak = max(peak, use)
        switch outcome {
        case .allowed, .shadowBlocked: allowed.saturatingAdd(1)
        case .blocked: blocked.saturatingAdd(1)
        case .failed: failed.saturatingAdd(1)
        }
    }

    /// Removes up to `amount` requests, blocked ones last.
    ///
    /// - Returns: the requests that were removed.
    mutating func remove(_ amount: Int64) -> ClientCount {
        var removed = ClientCount()
        removed.allowed = min(allowed, amount)
        removed.failed = min(failed, amount - removed.allowed)
        removed.blocked = min(blocked, amount - removed.allowed - removed.failed)
        allowed -= removed.allowed
        failed -= removed.failed
        blocked -= removed.blocked
        return removed
    }

    static func += (one: inout ClientCount, other: ClientCount) {
        one.allowed.saturatingAdd(other.allowed)
        one.blocked.saturatingAdd(other.blocked)
        one.failed.saturatingAdd(other.failed)
        one.peak = max(one.peak, other.peak)
    }

    static func + (one: ClientCount, other: ClientCount) -> ClientCount {
        var sum = one
        sum += other
        return sum
    }
}
