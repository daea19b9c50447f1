/// How many requests of one client, or of all others together, had which outcome.
struct ClientCount: Hashable {
    /// Let through by a verdict.
    var allowed: Int64 = 0
    var blocked: Int64 = 0
    /// Without a verdict.
    var failed: Int64 = 0

    var total: Int64 { allowed + blocked + failed }

    mutating func add(_ outcome: Outcome) {
        switch outcome {
        case .allowed, .shadowBlocked: allowed += 1
        case .blocked: blocked += 1
        case .failed: failed += 1
        }
    }

    /// Takes up to `amount` away, what was blocked last.
    ///
    /// - Returns: what was taken.
    mutating func take(_ amount: Int64) -> ClientCount {
        var taken = ClientCount()
        taken.allowed = min(allowed, amount)
        taken.failed = min(failed, amount - taken.allowed)
        taken.blocked = min(blocked, amount - taken.allowed - taken.failed)
        allowed -= taken.allowed
        failed -= taken.failed
        blocked -= taken.blocked
        return taken
    }

    static func += (one: inout ClientCount, other: ClientCount) {
        one.allowed += other.allowed
        one.blocked += other.blocked
        one.failed += other.failed
    }
}
