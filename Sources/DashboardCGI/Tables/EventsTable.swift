import TextFormats

extension Table {
    /// Refused requests, the latest first.
    static func events(_ events: Events, _ filter: Filter, note: String? = nil) -> Table {
        let last = events.isCut && !filter.groupsEvents ? events.rows.last?.cursor.text : nil
        return Table(
            name: .events,
            columns: [
                Column("time", "Time (UTC)"), Column("times", "Times"), Column("first_time", "First (UTC)"),
                Column("client", "Client"), Column("address", "Address"), Column("method", "Method"),
                Column("host", "Host"), Column("path", "Path"), Column("status", "Status"),
                Column("counted_status", "Counted status"),
                Column("endpoint", "Endpoint"), Column("policy", "Policy"),
                Column("retry_after_seconds", "Retry after"), Column("user_agent", "User agent"),
                Column("cursor", nil),
            ],
            identity: ["cursor"],
            rows: events.rows.map { event in
                [
                    .time(UTCTime(microseconds: event.cursor.time)), Cell(event.repeats) { .count($0.count) },
                    Cell(event.repeats) { .time(UTCTime(microseconds: $0.first)) }, .client(event.client),
                    Cell(event.address) { .term(.address, $0) }, Cell(event.method) { .term(.method, $0) },
                    Cell(event.host) { .term(.host, $0) }, Cell(event.path) { .term(.path, $0) },
                    Cell(event.status) { .term(.status, $0) },
                    Cell(event.countedStatus) { .term(.countedStatus, $0) }, .choice(field: "endpoint", event.endpoint),
                    .choice(field: "policy", event.policy), Cell(event.retryAfter) { .seconds($0 / 1_000_000) },
                    Cell(event.userAgent) { .term(.userAgent, $0) }, .text(event.cursor.text),
                ]
            },
            note: note, next: last.map { ("before", $0) })
    }
}
