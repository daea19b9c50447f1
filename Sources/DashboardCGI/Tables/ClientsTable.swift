extension Table {
    /// The most blocked clients.
    static func clients(_ clients: [BlockedClient]) -> Table {
        Table(
            name: .clients,
            columns: [
                Column("client", "Client"), Column("blocked", "Blocked"), Column("blocked_over_time", "Over time"),
                Column("requests", "Requests"), Column("block_rate", "Block rate"),
                Column("first_seen", "First seen (UTC)"), Column("last_seen", "Last seen (UTC)"),
                Column("allowed", nil), Column("failed", nil),
            ],
            rows: clients.map { row in
                [
                    .client(row.client), .count(row.counts.blocked), .spark(row.bars), .count(row.counts.total),
                    .share(row.counts.blockRate), Cell(row.seen) { .time($0.first.utc) },
                    Cell(row.seen) { .time($0.last.utc) }, .count(row.counts.allowed), .count(row.counts.failed),
                ]
            },
            note: clients.count < 50 ? nil : "Only the first 50 are listed: the page Top has more.")
    }
}
