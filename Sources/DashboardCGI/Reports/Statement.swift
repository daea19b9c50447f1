/// A SQL statement of this program, from a file in `Resources/Queries`.
struct Statement: Sendable {
    /// The file's name without `.sql`.
    let name: String
    let sql: String

    static let series = Statement("series", PackageResources.series_sql)
    static let hours = Statement("hours", PackageResources.hours_sql)
    static let clientHours = Statement("client_hours", PackageResources.client_hours_sql)
    static let clientSeen = Statement("client_seen", PackageResources.client_seen_sql)
    static let events = Statement("events", PackageResources.events_sql)
    static let processes = Statement("processes", PackageResources.processes_sql)
    static let server = Statement("server", PackageResources.server_sql)

    static let bySeries = PerResolution("by_series", PackageResources.by_series_sql)
    static let timeline = PerResolution("timeline", PackageResources.timeline_sql)
    static let clientBySeries = PerResolution("client_by_series", PackageResources.client_by_series_sql)
    static let clientTimeline = PerResolution("client_timeline", PackageResources.client_timeline_sql)
    static let topByClient = PerResolution("top_by_client", PackageResources.top_by_client_sql)
    static let topByValue = PerResolution("top_by_value", PackageResources.top_by_value_sql)
    static let topBySeries = PerResolution("top_by_series", PackageResources.top_by_series_sql)
    static let topClients = PerResolution("top_clients", PackageResources.top_clients_sql)
    static let clientBars = PerResolution("client_bars", PackageResources.client_bars_sql)

    private init(_ name: String, _ sql: String) {
        (self.name, self.sql) = (name, sql)
    }

    private init(_ name: String, _ bytes: [UInt8]) {
        self.init(name, String(decoding: bytes, as: UTF8.self))
    }

    /// A statement for each resolution of the counts.
    ///
    /// `limiter.decisions`, `limiter.clients` and `limiter.values` in its file are replaced by the tables of that resolution.
    struct PerResolution: Sendable {
        private let tenSeconds, hour, day: Statement

        fileprivate init(_ name: String, _ bytes: [UInt8]) {
            let sql = String(decoding: bytes, as: UTF8.self)
            func statement(_ decisions: String, _ others: String) -> Statement {
                Statement(
                    name,
                    sql.replacing("from limiter.decisions\n", with: "from limiter.decisions_\(decisions)\n")
                        .replacing("from limiter.clients\n", with: "from limiter.clients_\(others)\n")
                        .replacing("from limiter.values\n", with: "from limiter.values_\(others)\n"))
            }
            tenSeconds = statement("10s", "10s")
            hour = statement("1h", "1h")
            day = statement("1h", "1d")
        }

        /// The statement for a range.
        subscript(_ range: TimeRange) -> Statement {
            switch range.resolution {
            case ..<3_600: tenSeconds
            case ..<86_400: hour
            default: day
            }
        }
    }
}
