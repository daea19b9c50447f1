extension Table {
    /// Requests over time: the numbers of the chart.
    static func timeline(_ timeline: Timeline) -> Table {
        Table(
            name: .timeline,
            columns: [
                Column("at", "From (UTC)"), Column("requests", "Requests"), Column("allowed", "Allowed"),
                Column("blocked", "Blocked"), Column("failed", "Store failed"),
            ],
            rows: zip(timeline.range.bars, timeline.bars).map { at, counts in
                [
                    .time(at.utc), .count(counts.total), .count(counts.allowed), .count(counts.blocked),
                    .count(counts.failed),
                ]
            })
    }
}
