import TextFormats

extension Table {
    /// What operators did, the newest first.
    static func audit(_ rows: [AuditRow]) -> Table {
        Table(
            name: .audit,
            columns: [
                Column("at", "Time"), Column("actor", "Who"), Column("via", "Via"), Column("action", "Action"),
                Column("client", "Client"), Column("reason", "Reason"), Column("until", "Until"),
            ],
            rows: rows.map { row in
                [
                    .time(UTCTime(microseconds: row.time)), .text(row.actor), .text(row.via), .text(row.text),
                    .client(row.client),
                    .text(row.reason), Cell(row.until) { .time($0.utc) },
                ]
            },
            note: rows.count < AuditRow.mostListed ? nil : "Only the latest \(AuditRow.mostListed) are listed.")
    }
}
