import Analytics

/// A client that has used most of a limit and was not refused by it.
struct NearClient {
    let client: String
    let policy: String
    /// The most that it had used, from 0 to 1.
    let peak: Double
    let allowed: Int64
}

/// An address whose requests a limit for everybody refused.
struct Victim {
    let address: String
    let endpoint: String
    let policy: String
    let blocked: Int64
    let last: Moment
}

extension Report {
    private var seriesByID: [Int64: Series] { Dictionary(series.map { ($0.id, $0) }) { first, _ in first } }

    /// The clients that came near a limit, the nearest first.
    func nearClients() throws(Problem) -> [NearClient] {
        let seriesByID = seriesByID
        let parameters = clientsSource(range.period) + [chosenSeries, PostgresParameter(filter.client)]
        return try database.rows(.nearClients, parameters).map { row throws(Problem) in
            NearClient(
                client: try row.name("client"), policy: seriesByID[try row.count("series")]?.policy ?? "",
                peak: Double(try row.count("peak")) / 100, allowed: try row.count("allowed"))
        }
    }

    /// Who was refused by limits for everybody, according to the latest events.
    func victims() throws(Problem) -> [Victim] {
        let seriesByID = seriesByID
        return try database.rows(.victims, bounds + [chosenSeries]).map { row throws(Problem) in
            let series = seriesByID[try row.count("series")]
            return Victim(
                address: try row.name("address"), endpoint: series?.endpoint ?? "", policy: series?.policy ?? "",
                blocked: try row.count("blocked"), last: try row.moment("last"))
        }
    }
}
