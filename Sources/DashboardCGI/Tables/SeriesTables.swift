extension Table {
    /// The algorithms side by side.
    static func strategies(_ figures: [(series: Series, figures: SeriesFigures)]) -> Table {
        table(.strategies, Column("strategy", "Strategy"), figures, by: \.algorithm) { .text(strategyName($0)) }
    }

    /// The endpoints, the busiest first.
    static func endpoints(_ figures: [(series: Series, figures: SeriesFigures)]) -> Table {
        table(.endpoints, Column("endpoint", "Endpoint"), figures, by: \.endpoint) { .choice(field: "endpoint", $0) }
    }

    /// The name of an algorithm on pages and in files.
    static func strategyName(_ algorithm: String) -> String {
        switch algorithm {
        case "sliding_window": "Sliding window"
        case "token_bucket": "Token bucket"
        case "list": "Banned"
        default: algorithm
        }
    }

    private static func table(
        _ name: TableName, _ first: Column, _ figures: [(series: Series, figures: SeriesFigures)],
        by key: (Series) -> String, _ label: (String) -> Cell
    ) -> Table {
        var groups: [String: SeriesFigures] = [:]
        for (series, figures) in figures where figures.now.total > 0 {
            groups[key(series), default: SeriesFigures()] += figures
        }
        let ordered = groups.sorted { ($1.value.now.total, $0.key) < ($0.value.now.total, $1.key) }
        return Table(
            name: name,
            columns: [
                first, Column("requests", "Requests"), Column("blocked", "Blocked"), Column("block_rate", "Block rate"),
                Column("average_limit", "Average limit"), Column("average_remaining", "Average left"),
                Column("decision_p50_microseconds", "Decision p50"),
                Column("decision_p95_microseconds", "p95"), Column("decision_p99_microseconds", "p99"),
                Column("allowed", nil), Column("failed", nil), Column("shadow_blocked", nil),
            ],
            rows: ordered.map { key, group in
                [
                    label(key), .count(group.now.total), .count(group.now.blocked), .share(group.now.blockRate),
                    Cell(group.averageLimit, Cell.number), Cell(group.averageRemaining, Cell.number),
                    Cell(group.latency.percentile(0.5), Cell.microseconds),
                    Cell(group.latency.percentile(0.95), Cell.microseconds),
                    Cell(group.latency.percentile(0.99), Cell.microseconds),
                    .count(group.now.allowed), .count(group.now.failed), .count(group.now.shadowBlocked),
                ]
            })
    }
}
