/// What became of requests.
struct Counts: Equatable {
    /// Let through; shadow policies would have refused some of them.
    var allowed: Int64 = 0
    /// Of the allowed: those that a shadow policy would have refused.
    var shadowBlocked: Int64 = 0
    /// Refused.
    var blocked: Int64 = 0
    /// The store gave no verdict.
    var failed: Int64 = 0

    var total: Int64 { allowed + blocked + failed }

    /// The share of all requests that was blocked; 0 where there was none.
    var blockRate: Double { total > 0 ? Double(blocked) / Double(total) : 0 }

    static func += (sum: inout Counts, counts: Counts) {
        sum.allowed += counts.allowed
        sum.shadowBlocked += counts.shadowBlocked
        sum.blocked += counts.blocked
        sum.failed += counts.failed
    }
}
