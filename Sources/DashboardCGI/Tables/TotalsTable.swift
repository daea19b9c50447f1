extension Table {
    /// All requests together, and what is compared: the finished part of the range, and as much time just before.
    static func totals(_ totals: Totals) -> Table {
        func row(_ period: String, _ counts: Counts, _ seconds: Int64) -> [Cell] {
            [
                .text(period), .count(counts.total), .count(counts.allowed), .count(counts.blocked),
                .count(counts.banned), .count(counts.failed), .count(counts.shadowBlocked), .share(counts.blockRate),
                .number(Double(counts.total) / Double(seconds)), .count(seconds),
            ]
        }
        let before = totals.comparison.map { [row("before", $0.before, $0.seconds)] } ?? []
        return Table(
            name: .totals,
            columns: [
                Column("period", "Period"), Column("requests", "Requests"), Column("allowed", "Allowed"),
                Column("blocked", "Blocked"), Column("banned", "Banned"), Column("failed", "Store failed"),
                Column("shadow_blocked", "Shadow blocked"), Column("block_rate", "Block rate"),
                Column("requests_per_second", "Requests per second"), Column("counted_seconds", "Seconds"),
            ],
            rows: [row("now", totals.now, totals.seconds)] + before)
    }
}
