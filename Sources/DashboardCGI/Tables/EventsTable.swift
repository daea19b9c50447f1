import TextFormats

extension Table {
    /// Blocked requests, the latest first.
    static func events(_ events: [BlockedEvent]) -> Table {
        Table(
            name: .events,
            columns: [
                Column("time", "Time (UTC)"), Column("client", "Client"), Column("address", "Address"),
                Column("endpoint", "Endpoint"), Column("policy", "Policy"),
                Column("retry_after_seconds", "Retry after"), Column("user_agent", "User agent"),
                Column("cursor", nil),
            ],
            identity: ["cursor"],
            rows: events.map { event in
                [
                    .time(UTCTime(microseconds: event.cursor.time)), .client(event.client),
                    Cell(event.address, Cell.text), .choice(field: "endpoint", event.endpoint),
                    .choice(field: "policy", event.policy), Cell(event.retryAfter) { .seconds($0 / 1_000_000) },
                    Cell(event.userAgent, Cell.text), .text(event.cursor.text),
                ]
            })
    }
}
