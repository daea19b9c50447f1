extension Table {
    /// The heaviest senders.
    static func top(_ top: TopSenders) -> Table {
        Table(
            name: .top,
            columns: [
                Column(top.key.rawValue, top.key.title), Column("requests", "Total"), Column("allowed", "Allowed"),
                Column("over_limit", "Over limit (429)"), Column("banned", "Banned (403)"),
                Column("failed", "Store failed"), Column("unavailable", "Refused then (503)"),
                Column("block_rate", "Block rate"),
            ],
            rows: top.rows.map { value, counts in
                [
                    cell(value, top.key), .count(counts.total), .count(counts.allowed), .count(counts.overLimit),
                    .count(counts.banned), .count(counts.failed), Cell(counts.unavailable, Cell.count),
                    .share(counts.total > 0 ? Double(counts.blocked) / Double(counts.total) : 0),
                ]
            },
            note: top.isCut ? "There are more: only the first \(top.rows.count) are listed." : nil)
    }

    private static func cell(_ value: String, _ key: Ranking.Key) -> Cell {
        switch key {
        case .client: .client(value)
        case .policy: .choice(field: "policy", value)
        case .rule: .choice(field: "endpoint", value)
        case .network: .text(value)
        case .address: .term(.address, value)
        case .path: .term(.path, value)
        case .userAgent: value.isEmpty ? .absent : .term(.userAgent, value)
        }
    }
}
