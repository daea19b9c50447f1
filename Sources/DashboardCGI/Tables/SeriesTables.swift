extension Table {
    /// The algorithms side by side: how much of the traffic each decides, how near to their limits it lets clients come, and
    /// how long it takes.
    static func strategies(_ figures: [SeriesFigures.Entry]) -> Table {
        let all = figures.reduce(into: Counts()) { $0 += $1.figures.counts }.total
        return Table(
            name: .strategies,
            columns: [
                Column("strategy", "Strategy"), Column("policies", "Policies"), Column("requests", "Requests"),
                Column("request_share", "Share"), Column("blocked", "Blocked"), Column("block_rate", "Block rate"),
                Column("average_use", "Used of the limit"), Column("shadow_blocked", "Shadow blocked"),
                Column("failed", "Store failed"), Column("decision_p50_microseconds", "Decision p50"),
                Column("decision_p95_microseconds", "p95"), Column("decision_p99_microseconds", "p99"),
                Column("allowed", nil),
            ],
            rows: groups(figures, by: \.algorithm).map { algorithm, group in
                let policies = Set(figures.filter { $0.series.algorithm == algorithm }.map(\.series.policy)).sorted()
                return [
                    .text(strategyName(algorithm)), .text(policies.joined(separator: ", ")),
                    .count(group.counts.total), .share(Double(group.counts.total) / Double(max(1, all))),
                    .count(group.counts.blocked), .share(group.counts.blockRate),
                    Cell(group.averageUse, Cell.share), .count(group.counts.shadowBlocked),
                    .count(group.counts.failed),
                ] + decisionTimes(group) + [.count(group.counts.allowed)]
            })
    }

    /// The endpoints, the busiest first.
    static func endpoints(_ figures: [SeriesFigures.Entry]) -> Table {
        table(.endpoints, Column("endpoint", "Endpoint"), figures, by: \.endpoint) { .choice(field: "endpoint", $0) }
    }

    /// The policies, the busiest first.
    static func policies(_ figures: [SeriesFigures.Entry]) -> Table {
        table(.policies, Column("policy", "Policy"), figures, by: \.policy) { .choice(field: "policy", $0) }
    }

    /// The name of the group of series with the most blocked requests; `nil` if none were blocked.
    static func mostBlocked(_ figures: [SeriesFigures.Entry], by key: (Series) -> String) -> String? {
        groups(figures, by: key).filter { $0.value.counts.blocked > 0 }
            .max { $0.value.counts.blocked < $1.value.counts.blocked }?.key
    }

    /// The name of an algorithm on pages and in files.
    static func strategyName(_ algorithm: String) -> String {
        switch algorithm {
        case "sliding_window": "Sliding window"
        case "at_once": "At once"
        case "token_bucket": "Token bucket"
        case "list": "Banned"
        default: algorithm
        }
    }

    /// The figures of the series with requests, together for each key, the busiest first.
    static func groups(
        _ figures: [SeriesFigures.Entry], by key: (Series) -> String
    ) -> [(key: String, value: SeriesFigures)] {
        var groups: [String: SeriesFigures] = [:]
        for (series, figures) in figures where figures.counts.total > 0 {
            groups[key(series), default: SeriesFigures()] += figures
        }
        return groups.sorted { ($1.value.counts.total, $0.key) < ($0.value.counts.total, $1.key) }
    }

    private static func decisionTimes(_ group: SeriesFigures) -> [Cell] {
        [0.5, 0.95, 0.99].map { Cell(group.latency.percentile($0), Cell.microseconds) }
    }

    private static func table(
        _ name: TableName, _ first: Column, _ figures: [SeriesFigures.Entry],
        by key: (Series) -> String, _ label: (String) -> Cell
    ) -> Table {
        return Table(
            name: name,
            columns: [
                first, Column("requests", "Requests"), Column("blocked", "Blocked"), Column("block_rate", "Block rate"),
                Column("average_limit", "Average limit"), Column("average_remaining", "Average left"),
                Column("decision_p50_microseconds", "Decision p50"),
                Column("decision_p95_microseconds", "p95"), Column("decision_p99_microseconds", "p99"),
                Column("allowed", nil), Column("failed", nil), Column("shadow_blocked", nil),
            ],
            rows: groups(figures, by: key).map { key, group in
                [
                    label(key), .count(group.counts.total), .count(group.counts.blocked),
                    .share(group.counts.blockRate),
                    Cell(group.averageLimit, Cell.number), Cell(group.averageRemaining, Cell.number),
                ] + decisionTimes(group) + [
                    .count(group.counts.allowed), .count(group.counts.failed), .count(group.counts.shadowBlocked),
                ]
            })
    }
}
