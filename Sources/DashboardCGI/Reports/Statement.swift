/// The statements of this program, each in a file of its own.
///
/// The names `limiter.decisions` and `limiter.clients` in them stand for the table of the grain that a range is counted by.
enum Statement {
    static let series = text(PackageResources.series_sql)
    static let hours = text(PackageResources.hours_sql)
    static let clientHours = text(PackageResources.client_hours_sql)
    static let clientSeen = text(PackageResources.client_seen_sql)
    static let events = text(PackageResources.events_sql)
    static let processes = text(PackageResources.processes_sql)
    static let server = text(PackageResources.server_sql)

    static let bySeries = Grained(PackageResources.by_series_sql)
    static let timeline = Grained(PackageResources.timeline_sql)
    static let clientBySeries = Grained(PackageResources.client_by_series_sql)
    static let clientTimeline = Grained(PackageResources.client_timeline_sql)
    static let topClients = Grained(PackageResources.top_clients_sql)
    static let clientColumns = Grained(PackageResources.client_columns_sql)

    /// One statement for each grain.
    struct Grained: Sendable {
        private let texts: [Int64: String]

        fileprivate init(_ bytes: [UInt8]) {
            let text = Statement.text(bytes)
            texts = Dictionary(
                uniqueKeysWithValues: [
                    (10 as Int64, "decisions_10s", "clients_10s"), (3_600, "decisions_1h", "clients_1h"),
                    (86_400, "decisions_1h", "clients_1d"),
                ].map { grain, decisions, clients in
                    let named = text.replacing("from limiter.decisions\n", with: "from limiter.\(decisions)\n")
                    return (grain, named.replacing("from limiter.clients\n", with: "from limiter.\(clients)\n"))
                })
        }

        /// The statement for a range.
        subscript(_ range: TimeRange) -> String { texts[range.grain] ?? "" }
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
