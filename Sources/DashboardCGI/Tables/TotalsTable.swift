extension Table {
    /// All requests together: now, and in the range of the same length just before.
    static func totals(_ all: SeriesFigures, over range: TimeRange) -> Table {
        func row(_ period: String, _ counts: Counts, _ seconds: Int64) -> [Cell] {
            [
                .text(period), .count(counts.total), .count(counts.allowed), .count(counts.blocked),
                .count(counts.failed), .count(counts.shadowBlocked), .share(counts.blockRate),
                .number(Double(counts.total) / Double(seconds)),
            ]
        }
        return Table(
            name: .totals,
            columns: [
                Column("period", "Period"), Column("requests", "Requests"), Column("allowed", "Allowed"),
                Column("blocked", "Blocked"), Column("failed", "Store failed"),
                Column("shadow_blocked", "Shadow blocked"), Column("block_rate", "Block rate"),
                Column("requests_per_second", "Requests per second"),
            ],
            rows: [
                row("now", all.now, range.passed),
                row("before", all.before, range.end.seconds - range.start.seconds),
            ])
    }
}
