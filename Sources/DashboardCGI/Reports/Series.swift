/// By what requests are counted.
struct Series: Sendable {
    let id: Int64
    /// The rule's label.
    let endpoint: String
    let policy: String
    /// `sliding_window`, `token_bucket`, or `list` for banned clients.
    let algorithm: String
}

/// The figures of one series, or of several together.
struct SeriesFigures {
    var now = Counts()
    /// In as long a time just before.
    var before = Counts()
    /// Sums over the decisions; `nil` where they are not known, as of one client's.
    var limits: (limit: Int64, remaining: Int64, decisions: Int64)?
    var latency = Histogram()

    static func += (sum: inout SeriesFigures, other: SeriesFigures) {
        sum.now += other.now
        sum.before += other.before
        sum.latency.add(other.latency.counts)
        guard let more = other.limits else { return }
        let known = sum.limits ?? (0, 0, 0)
        sum.limits = (
            known.limit + more.limit, known.remaining + more.remaining, known.decisions + more.decisions
        )
    }

    /// The policy's limit, on average.
    var averageLimit: Double? { limits.flatMap { $0.decisions > 0 ? Double($0.limit) / Double($0.decisions) : nil } }

    /// What was left, on average.
    var averageRemaining: Double? {
        limits.flatMap { $0.decisions > 0 ? Double($0.remaining) / Double($0.decisions) : nil }
    }
}
