extension Table {
    /// Requests over time: the numbers of the chart.
    static func timeline(_ timeline: Timeline) -> Table {
        Table(
            name: .timeline,
            columns: [
                Column("at", "From (UTC)"), Column("requests", "Requests"), Column("allowed", "Allowed"),
                Column("blocked", "Blocked"), Column("failed", "Store failed"), Column("counted_seconds", "Seconds"),
            ],
            rows: zip(timeline.range.bars, timeline.known).map { bar, counts in
                [
                    .time(bar.start.utc), Cell(counts?.total, Cell.count), Cell(counts?.allowed, Cell.count),
                    Cell(counts?.blocked, Cell.count), Cell(counts?.failed, Cell.count),
                    .count(timeline.range.passed(of: bar)),
                ]
            })
    }
}
