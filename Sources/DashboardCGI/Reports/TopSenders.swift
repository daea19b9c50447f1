import Analytics

/// The requests of one row in a list of the heaviest senders, each with one answer; sums saturate.
struct SenderCounts {
    /// Let through after a decision.
    var allowed: Int64 = 0
    /// Refused with 403: the client is banned.
    var banned: Int64 = 0
    /// Refused with 429: a limit was used up.
    var overLimit: Int64 = 0
    /// Not decided, because the store did not answer.
    var failed: Int64 = 0
    /// Those of the failed that were refused with 503; `nil` if that is not recorded.
    var unavailable: Int64?

    var blocked: Int64 { banned.saturatingAdding(overLimit) }
    var total: Int64 { [allowed, blocked, failed].saturatingSum }

    static func += (sum: inout SenderCounts, counts: SenderCounts) {
        sum.allowed.saturatingAdd(counts.allowed)
        sum.banned.saturatingAdd(counts.banned)
        sum.overLimit.saturatingAdd(counts.overLimit)
        sum.failed.saturatingAdd(counts.failed)
        sum.unavailable = (sum.unavailable ?? 0).saturatingAdding(counts.unavailable ?? 0)
    }
}

/// The heaviest senders, and whether there are more.
struct TopSenders {
    /// The most rows of a page and of a file.
    static let limit = (page: 50, file: 1_000)

    let key: Ranking.Key
    let rows: [(value: String, counts: SenderCounts)]
    let isCut: Bool

    init(_ rows: [(value: String, counts: SenderCounts)], by key: Ranking.Key, limit: Int) {
        self.key = key
        self.rows = Array(rows.prefix(limit))
        isCut = rows.count > limit
    }
}

extension Report {
    /// The senders with the most requests, or with the most blocked ones, as the filter's ranking says.
    func topSenders(limit: Int) throws(Problem) -> TopSenders {
        let key = filter.ranking.key
        switch key {
        case .policy: return TopSenders(try seriesCounts(by: \.policy), by: key, limit: limit)
        case .rule: return TopSenders(try seriesCounts(by: \.endpoint), by: key, limit: limit)
        case .client, .address, .network, .path, .userAgent: break
        }
        let banned = PostgresParameter(series.filter(\.isBanned).map(\.id))
        let byBlocked = PostgresParameter(filter.ranking.order == .blocked ? "t" : "f")
        let parameters =
            clientsSource(range.period) + [chosenSeries, banned, byBlocked, PostgresParameter(limit + 1)]
        let found =
            key == .client
            ? try database.rows(.topByClient, parameters + [PostgresParameter(filter.client)])
            : try database.rows(.topByValue, parameters + [PostgresParameter(key.rawValue)])
        let rows = try found.map { row throws(Problem) in
            let counts = SenderCounts(
                allowed: try row.count("allowed"), banned: try row.count("banned"),
                overLimit: try row.count("over_limit"), failed: try row.count("failed"))
            return (value: try row.name("value"), counts: counts)
        }
        return TopSenders(rows, by: key, limit: limit)
    }

    /// The counts of all series, grouped by a part of their names, in the order of the ranking.
    private func seriesCounts(
        by part: (Series) -> String
    ) throws(Problem) -> [(value: String, counts: SenderCounts)] {
        let seriesByID = Dictionary(series.map { ($0.id, $0) }) { first, _ in first }
        var groups: [String: SenderCounts] = [:]
        for row in try database.rows(.topBySeries, decisionsSource(range.period) + [chosenSeries]) {
            guard let series = seriesByID[try row.count("series")] else { continue }
            let (blocked, failed) = (try row.count("blocked"), try row.count("failed"))
            groups[part(series), default: SenderCounts()] += SenderCounts(
                allowed: try row.count("allowed"), banned: series.isBanned ? blocked : 0,
                overLimit: series.isBanned ? 0 : blocked, failed: failed,
                unavailable: try row.count("unavailable"))
        }
        let order = filter.ranking.order
        func rank(_ counts: SenderCounts) -> Int64 { order == .blocked ? counts.blocked : counts.total }
        return groups.sorted { (rank($1.value), $0.key) < (rank($0.value), $1.key) }
            .map { (value: $0.key, counts: $0.value) }
    }
}
