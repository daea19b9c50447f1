import Analytics

/// A refused request, or several that differ only in their time.
struct BlockedEvent {
    /// The latest of them.
    let cursor: EventCursor
    /// How many there are, and the time of the first one in microseconds since 1970; `nil` if requests are not grouped.
    let repeats: (count: Int64, first: Int64)?
    let client: String
    let address: String?
    let method: String?
    let host: String?
    let path: String?
    /// The answer's status; `nil` if the request was let through.
    let status: String?
    /// The status of the client's latest request before that counted under the policy; `nil` if none is known.
    let countedStatus: String?
    let endpoint: String
    let policy: String
    /// Microseconds; `nil` if waiting does not help.
    let retryAfter: Double?
    let userAgent: String?
}

/// A part of the list of events.
struct Events {
    /// The most rows of a page and of a file.
    static let limit = (page: 100, file: 10_000)

    let rows: [BlockedEvent]
    /// Whether there are older ones.
    let isCut: Bool
}

extension Report {
    /// The latest refused requests that come before the filter's event and meet its conditions.
    func events(limit: Int) throws(Problem) -> Events {
        let seriesByID = Dictionary(series.map { ($0.id, $0) }) { first, _ in first }
        let groups = filter.groupsEvents
        let parameters =
            bounds + [
                chosenSeries, PostgresParameter(filter.client),
                filter.before.map { PostgresParameter($0.time) } ?? .null,
                filter.before.map { PostgresParameter($0.number) } ?? .null,
                PostgresParameter(limit + 1),
            ]
        let statement = (groups ? Statement.groupedEvents : .events).adding(filter.terms, after: parameters.count)
        let rows = try database.rows(statement, parameters + filter.terms.map { PostgresParameter($0.pattern) })
        let events = try rows.map { row throws(Problem) in
            let series = seriesByID[try row.count("series")]
            return BlockedEvent(
                cursor: EventCursor(time: try row.count("time"), number: try row.count("id")),
                repeats: groups ? (try row.count("count"), try row.count("first")) : nil,
                client: try row.name("client"), address: try row.text("address"), method: try row.text("method"),
                host: try row.text("host"), path: try row.text("path"), status: try row.text("status"),
                countedStatus: try row.text("counted_status"),
                endpoint: series?.endpoint ?? "", policy: series?.policy ?? "",
                retryAfter: try row.number("retry_after"), userAgent: try row.text("user_agent"))
        }
        return Events(rows: Array(events.prefix(limit)), isCut: events.count > limit)
    }
}

extension Statement {
    /// The statement with conditions on events, whose patterns are the parameters after the first `count`.
    fileprivate func adding(_ terms: [EventTerm], after count: Int) -> Statement {
        var conditions = ""
        for (index, term) in terms.enumerated() {
            conditions += " and \(term.field.expression) \(term.isExcluded ? "not " : "")like $\(count + index + 1)"
        }
        return Statement(name, sql.replacing("/* conditions */", with: conditions))
    }
}
