import Analytics

/// What the database says, over the range and filter of one request.
final class Report {
    let filter: Filter
    let database: Database
    /// All that have ever been counted by, in the order of their names.
    let series: [Series]
    private let seriesByID: [Int64: Series]
    /// The ids of the series that the filter's endpoint and policy leave; null for all.
    private let chosen: PostgresParameter

    /// Looks up the series.
    ///
    /// - Throws: ``Problem`` where the database does not answer.
    init(_ filter: Filter, _ database: Database) throws(Problem) {
        self.filter = filter
        self.database = database
        series = try database.rows(Statement.series).map {
            Series(id: $0.count(0), endpoint: $0.name(1), policy: $0.name(2), algorithm: $0.name(3))
        }
        seriesByID = Dictionary(series.map { ($0.id, $0) }) { first, _ in first }
        if filter.endpoint == nil, filter.policy == nil {
            chosen = .null
        } else {
            let left = series.filter {
                (filter.endpoint == nil || filter.endpoint == $0.endpoint)
                    && (filter.policy == nil || filter.policy == $0.policy)
            }
            chosen = PostgresParameter(left.map(\.id))
        }
    }

    private var range: TimeRange { filter.range }
    private var start: PostgresParameter { PostgresParameter(range.start.iso) }
    private var end: PostgresParameter { PostgresParameter(range.end.iso) }
    private var step: PostgresParameter { PostgresParameter(Double(range.step)) }

    /// The figures of each series that has some, now or before.
    func figures() throws(Problem) -> [(series: Series, figures: SeriesFigures)] {
        let before = PostgresParameter(range.previous.start.iso)
        var found: [Int64: SeriesFigures] = [:]
        if let client = filter.client {
            let parameters = [start, end, before, chosen, PostgresParameter(client)]
            for row in try database.rows(Statement.clientBySeries[range], parameters) {
                found[row.count(0), default: SeriesFigures()] += SeriesFigures(
                    now: Counts(allowed: row.count(1), blocked: row.count(3), failed: row.count(5)),
                    before: Counts(allowed: row.count(2), blocked: row.count(4), failed: row.count(6)))
            }
        } else {
            for row in try database.rows(Statement.bySeries[range], [start, end, before, chosen]) {
                var figures = SeriesFigures()
                figures.now = Self.counts(row.name(1), row.count(2))
                figures.before = Self.counts(row.name(1), row.count(3))
                if row.name(1) != "failed" { figures.limits = (row.count(4), row.count(5), row.count(2)) }
                figures.latency.add(row.counts(6))
                found[row.count(0), default: SeriesFigures()] += figures
            }
        }
        return series.compactMap { series in found[series.id].map { (series, $0) } }
    }

    private static func counts(_ outcome: String, _ number: Int64) -> Counts {
        switch outcome {
        case "allowed": Counts(allowed: number)
        case "shadow_blocked": Counts(allowed: number, shadowBlocked: number)
        case "blocked": Counts(blocked: number)
        default: Counts(failed: number)
        }
    }

    /// What became of requests in each of the range's columns.
    func timeline() throws(Problem) -> [Counts] {
        let place = Dictionary(uniqueKeysWithValues: range.columns.enumerated().map { ($1.seconds, $0) })
        var columns = [Counts](repeating: Counts(), count: place.count)
        let rows =
            if let client = filter.client {
                try database.rows(
                    Statement.clientTimeline[range], [start, end, step, chosen, PostgresParameter(client)])
            } else {
                try database.rows(Statement.timeline[range], [start, end, step, chosen])
            }
        for row in rows {
            guard let index = place[row.count(0)] else { continue }
            columns[index] += Counts(allowed: row.count(1), blocked: row.count(2), failed: row.count(3))
        }
        return columns
    }

    /// One who was blocked.
    struct BlockedClient {
        let client: String
        let counts: Counts
        /// How often, in each of the range's columns.
        var columns: [Int64]
        /// Of all that is kept.
        var firstSeen: Int64?
        var lastSeen: Int64?
    }

    /// Those who were blocked most, at most 50.
    func blockedClients() throws(Problem) -> [BlockedClient] {
        let place = Dictionary(uniqueKeysWithValues: range.columns.enumerated().map { ($1.seconds, $0) })
        var clients = try database.rows(
            Statement.topClients[range], [start, end, chosen, PostgresParameter(filter.client)]
        ).map {
            BlockedClient(
                client: $0.name(0), counts: Counts(allowed: $0.count(1), blocked: $0.count(2), failed: $0.count(3)),
                columns: [Int64](repeating: 0, count: place.count))
        }
        guard !clients.isEmpty else { return [] }
        let names = PostgresParameter(clients.map(\.client))
        let index = Dictionary(clients.enumerated().map { ($1.client, $0) }) { first, _ in first }
        for row in try database.rows(Statement.clientColumns[range], [start, end, step, chosen, names]) {
            guard let client = index[row.name(0)], let column = place[row.count(1)] else { continue }
            clients[client].columns[column] += row.count(2)
        }
        for row in try database.rows(Statement.clientSeen, [names]) {
            guard let client = index[row.name(0)] else { continue }
            (clients[client].firstSeen, clients[client].lastSeen) = (row.integer(1), row.integer(2))
        }
        return clients
    }

    /// When a client was seen first and last, of all that is kept; `nil` where it never was.
    func seen(_ client: String) throws(Problem) -> (first: Int64, last: Int64)? {
        try database.rows(Statement.clientSeen, [PostgresParameter([client])]).first.map { ($0.count(1), $0.count(2)) }
    }

    /// From when to when the hours of the day are compared: at least the last 7 days of the range.
    var hoursStart: Moment { min(range.start, range.end.adding(-7 * 86_400)).floored(to: 3_600) }

    /// How often requests were blocked, by the 24 hours of the day.
    func hours() throws(Problem) -> [Int64] {
        var parameters = [PostgresParameter(hoursStart.iso), end, chosen]
        if let client = filter.client { parameters.append(PostgresParameter(client)) }
        let statement = filter.client == nil ? Statement.hours : Statement.clientHours
        var hours = [Int64](repeating: 0, count: 24)
        for row in try database.rows(statement, parameters) { hours[Int(row.count(0)) % 24] += row.count(1) }
        return hours
    }

    /// One request that was blocked.
    struct Event {
        let place: EventCursor
        let client: String
        let address: String?
        let endpoint: String
        let policy: String
        /// Microseconds; `nil` where waiting does not help.
        let retryAfter: Double?
        let userAgent: String?
    }

    /// The latest requests that were blocked, at most 100.
    func events() throws(Problem) -> [Event] {
        let parameters = [
            start, end, chosen, PostgresParameter(filter.client),
            filter.before.map { PostgresParameter($0.time) } ?? .null,
            filter.before.map { PostgresParameter($0.number) } ?? .null,
        ]
        return try database.rows(Statement.events, parameters).map { row in
            let series = seriesByID[row.count(4)]
            return Event(
                place: EventCursor(time: row.count(1), number: row.count(0)), client: row.name(2), address: row.text(3),
                endpoint: series?.endpoint ?? "", policy: series?.policy ?? "", retryAfter: row.number(5),
                userAgent: row.text(6))
        }
    }
}
