import Analytics

/// The figures of one series, or of several together; sums saturate.
struct SeriesFigures {
    /// The series and its figures.
    typealias Entry = (series: Series, figures: SeriesFigures)

    /// Sums over decisions.
    struct Limits {
        var limit: Int64 = 0
        var remaining: Int64 = 0
        var decisions: Int64 = 0
    }

    var counts = Counts()
    /// `nil` if unknown, as for one client.
    var limits: Limits?
    /// Decisions by the time that they took; empty if unknown.
    var latency = Histogram()
    /// Decisions by the used share of the limit, in tenths: eleven numbers, the last one for all of it; empty if unknown.
    var use = Histogram()

    static func += (sum: inout SeriesFigures, other: SeriesFigures) {
        sum.counts += other.counts
        sum.latency.add(other.latency.counts)
        sum.use.add(other.use.counts)
        guard let more = other.limits else { return }
        let known = sum.limits ?? Limits()
        sum.limits = Limits(
            limit: known.limit.saturatingAdding(more.limit),
            remaining: known.remaining.saturatingAdding(more.remaining),
            decisions: known.decisions.saturatingAdding(more.decisions))
    }

    /// The policy's limit, averaged over the decisions.
    var averageLimit: Double? { average(\.limit) }

    /// The remaining units, averaged over the decisions.
    var averageRemaining: Double? { average(\.remaining) }

    /// The share of the limit that was used, averaged over the decisions; `nil` without a limit.
    var averageUse: Double? {
        guard let averageLimit, averageLimit > 0, let averageRemaining else { return nil }
        return max(0, 1 - averageRemaining / averageLimit)
    }

    private func average(_ sum: KeyPath<Limits, Int64>) -> Double? {
        guard let limits, limits.decisions > 0 else { return nil }
        return Double(limits[keyPath: sum]) / Double(limits.decisions)
    }
}

extension Report {
    /// The figures of each series that has any, with the times of its decisions.
    func figures() throws(Problem) -> [SeriesFigures.Entry] { try figures(.bySeries, \.latency) }

    /// The figures of each series that has any, with its use of the limit.
    func useFigures() throws(Problem) -> [SeriesFigures.Entry] { try figures(.useBySeries, \.use) }

    private func figures(
        _ statement: Statement, _ histogram: WritableKeyPath<SeriesFigures, Histogram>
    ) throws(Problem) -> [SeriesFigures.Entry] {
        var found: [Int64: SeriesFigures] = [:]
        if let client = filter.client {
            let parameters = clientsSource(range.period) + [chosenSeries, PostgresParameter(client)]
            for row in try database.rows(.clientBySeries, parameters) {
                found[try row.count("series"), default: SeriesFigures()].counts += try Counts(row)
            }
        } else {
            for row in try database.rows(statement, decisionsSource(range.period) + [chosenSeries]) {
                let (outcome, requests) = (try row.name("outcome"), try row.count("requests"))
                var figures = SeriesFigures(counts: Counts(outcome, requests))
                if outcome != "failed" {
                    figures.limits = SeriesFigures.Limits(
                        limit: try row.count("limit_sum"), remaining: try row.count("remaining_sum"),
                        decisions: requests)
                }
                figures[keyPath: histogram].add(try row.counts("histogram"))
                found[try row.count("series"), default: SeriesFigures()] += figures
            }
        }
        return series.compactMap { series in
            guard var figures = found[series.id] else { return nil }
            if series.isBanned { figures.counts = figures.counts.asBanned }
            return (series, figures)
        }
    }
}
