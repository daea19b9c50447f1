import Analytics

/// A client that was blocked.
struct BlockedClient {
    /// The identity in its written form.
    let client: String
    let counts: Counts
    /// Its blocked requests in each of the range's bars.
    var bars: [Int64]
    /// Its first and last request of all that are kept.
    var seen: SeenTimes?
}

/// When a client was first and last seen.
typealias SeenTimes = (first: Moment, last: Moment)

extension Report {
    /// The clients with the most blocked requests.
    func blockedClients(most: Int = 50) throws(Problem) -> [BlockedClient] {
        let barIndex = barIndex
        let source = clientsSource(range.period) + [chosenSeries]
        var clients = try database.rows(
            .topClients, source + [PostgresParameter(filter.client), PostgresParameter(Double(most))]
        ).map {
            row throws(Problem) in
            BlockedClient(
                client: try row.name("client"), counts: try Counts(row),
                bars: [Int64](repeating: 0, count: barIndex.count))
        }
        guard !clients.isEmpty else { return [] }
        let names = clients.map(\.client)
        let index = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
        for row in try database.rows(.clientBars, source + [PostgresParameter(names), step]) {
            guard let client = index[try row.name("client")], let bar = barIndex[try row.count("bar")] else { continue }
            clients[client].bars[bar].saturatingAdd(try row.count("blocked"))
        }
        for (client, seen) in try seen(names) {
            if let client = index[client] { clients[client].seen = seen }
        }
        return clients
    }

    /// When these clients were seen, by their names; clients that are not known are left out.
    func seen(_ clients: [String]) throws(Problem) -> [String: SeenTimes] {
        var seen: [String: SeenTimes] = [:]
        for row in try database.rows(.clientSeen, [PostgresParameter(clients)]) {
            seen[try row.name("client")] = (try row.moment("first_seen"), try row.moment("last_seen"))
        }
        return seen
    }
}
