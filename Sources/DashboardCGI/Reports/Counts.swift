import Analytics

/// Requests by outcome; sums saturate.
struct Counts: Equatable {
    /// Let through, including those that a shadow policy would have refused.
    var allowed: Int64
    /// Those of the allowed that a shadow policy would have refused.
    var shadowBlocked: Int64
    /// Refused.
    var blocked: Int64
    /// Those of the blocked whose clients are banned.
    var banned: Int64
    /// Not decided, because the store did not answer.
    var failed: Int64

    init(
        allowed: Int64 = 0, shadowBlocked: Int64 = 0, blocked: Int64 = 0, banned: Int64 = 0, failed: Int64 = 0
    ) {
        (self.allowed, self.shadowBlocked, self.blocked) = (allowed, shadowBlocked, blocked)
        (self.banned, self.failed) = (banned, failed)
    }

    /// So many requests of one outcome, as the database names it.
    init(_ outcome: String, _ number: Int64) {
        switch outcome {
        case "allowed": self.init(allowed: number)
        case "shadow_blocked": self.init(allowed: number, shadowBlocked: number)
        case "blocked": self.init(blocked: number)
        default: self.init(failed: number)
        }
    }

    /// The columns `allowed`, `blocked` and `failed` of a row.
    init(_ row: Row) throws(Problem) {
        self.init(
            allowed: try row.count("allowed"), blocked: try row.count("blocked"), failed: try row.count("failed"))
    }

    /// The same counts, all of whose blocked requests came from banned clients.
    var asBanned: Counts {
        var counts = self
        counts.banned = blocked
        return counts
    }

    var total: Int64 { [allowed, blocked, failed].saturatingSum }

    /// The blocked share of all requests; 0 without requests.
    var blockRate: Double { total > 0 ? Double(blocked) / Double(total) : 0 }

    static func += (sum: inout Counts, counts: Counts) {
        sum.allowed.saturatingAdd(counts.allowed)
        sum.shadowBlocked.saturatingAdd(counts.shadowBlocked)
        sum.blocked.saturatingAdd(counts.blocked)
        sum.banned.saturatingAdd(counts.banned)
        sum.failed.saturatingAdd(counts.failed)
    }
}
