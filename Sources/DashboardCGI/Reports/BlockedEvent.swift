import Analytics

/// A request that was blocked.
struct BlockedEvent {
    let cursor: EventCursor
    let client: String
    let address: String?
    let endpoint: String
    let policy: String
    /// Microseconds; `nil` if waiting does not help.
    let retryAfter: Double?
    let userAgent: String?
}

extension Report {
    /// The most events that ``events()`` returns.
    static let mostEvents = 100

    /// The latest blocked requests that come before the filter's event.
    func events() throws(Problem) -> [BlockedEvent] {
        let parameters =
            bounds + [
                chosenSeries, PostgresParameter(filter.client),
                filter.before.map { PostgresParameter($0.time) } ?? .null,
                filter.before.map { PostgresParameter($0.number) } ?? .null,
            ]
        let seriesByID = Dictionary(series.map { ($0.id, $0) }) { first, _ in first }
        return try database.rows(.events, parameters).map { row throws(Problem) in
            let series = seriesByID[try row.count("series")]
            return BlockedEvent(
                cursor: EventCursor(time: try row.count("time"), number: try row.count("id")),
                client: try row.name("client"), address: try row.text("address"),
                endpoint: series?.endpoint ?? "", policy: series?.policy ?? "",
                retryAfter: try row.number("retry_after"), userAgent: try row.text("user_agent"))
        }
    }
}
