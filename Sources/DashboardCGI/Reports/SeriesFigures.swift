import Analytics

/// The figures of one series, or of several together; sums saturate.
struct SeriesFigures {
    var now = Counts()
    /// The counts of the range of the same length just before.
    var before = Counts()
    /// Sums over the decisions; `nil` if unknown, as for one client.
    var limits: (limit: Int64, remaining: Int64, decisions: Int64)?
    var latency = Histogram()

    static func += (sum: inout SeriesFigures, other: SeriesFigures) {
        sum.now += other.now
        sum.before += other.before
        sum.latency.add(other.latency.counts)
        guard let more = other.limits else { return }
        let known = sum.limits ?? (0, 0, 0)
        sum.limits = (
            known.limit.saturatingAdding(more.limit), known.remaining.saturatingAdding(more.remaining),
            known.decisions.saturatingAdding(more.decisions)
        )
    }

    /// The policy's limit, averaged over the decisions.
    var averageLimit: Double? { limits.flatMap { $0.decisions > 0 ? Double($0.limit) / Double($0.decisions) : nil } }

    /// The remaining units, averaged over the decisions.
    var averageRemaining: Double? {
        limits.flatMap { $0.decisions > 0 ? Double($0.remaining) / Double($0.decisions) : nil }
    }
}

extension Report {
    /// The figures of each series that has any, now or before.
    func figures() throws(Problem) -> [(series: Series, figures: SeriesFigures)] {
        var found: [Int64: SeriesFigures] = [:]
        let parameters = [start, end, PostgresParameter(range.previous.start.iso), chosenSeries]
        if let client = filter.client {
            for row in try database.rows(Statement.clientBySeries[range], parameters + [PostgresParameter(client)]) {
                found[try row.count("series"), default: SeriesFigures()] += SeriesFigures(
                    now: Counts(
                        allowed: try row.count("allowed"), blocked: try row.count("blocked"),
                        failed: try row.count("failed")),
                    before: Counts(
                        allowed: try row.count("allowed_before"), blocked: try row.count("blocked_before"),
                        failed: try row.count("failed_before")))
            }
        } else {
            for row in try database.rows(Statement.bySeries[range], parameters) {
                let (outcome, requests) = (try row.name("outcome"), try row.count("requests"))
                var figures = SeriesFigures()
                figures.now = Counts(outcome, requests)
                figures.before = Counts(outcome, try row.count("requests_before"))
                if outcome != "failed" {
                    figures.limits = (try row.count("limit_sum"), try row.count("remaining_sum"), requests)
                }
                figures.latency.add(try row.counts("latency"))
                found[try row.count("series"), default: SeriesFigures()] += figures
            }
        }
        return series.compactMap { series in found[series.id].map { (series, $0) } }
    }
}

extension [(series: Series, figures: SeriesFigures)] {
    /// The figures of all series together.
    var sum: SeriesFigures {
        reduce(into: SeriesFigures()) { $0 += $1.figures }
    }
}
