/// A SQL statement of this program, from files in `Resources/Queries`.
struct Statement: Sendable {
    /// The file's name without `.sql`.
    let name: String
    let sql: String

    static let series = Statement("series", PackageResources.series_sql)
    static let history = Statement("history", PackageResources.history_sql)
    static let hours = Statement("hours", PackageResources.hours_sql)
    static let clientHours = Statement("client_hours", PackageResources.client_hours_sql)
    static let victims = Statement("victims", PackageResources.victims_sql)
    static let clientSeen = Statement("client_seen", PackageResources.client_seen_sql)
    static let events = Statement("events", PackageResources.events_sql)
    static let annotations = Statement("annotations", PackageResources.annotations_sql)
    static let groupedEvents = Statement("grouped_events", PackageResources.grouped_events_sql)
    static let processes = Statement("processes", PackageResources.processes_sql)
    static let audit = Statement("audit", PackageResources.audit_sql)
    static let server = Statement("server", PackageResources.server_sql)

    // These read the counts of a period, from the tables of 10 seconds, hours and days.
    static let bySeries = Statement("by_series", decisions + PackageResources.by_series_sql)
    static let outcomes = Statement("outcomes", decisions + PackageResources.outcomes_sql)
    static let useBySeries = Statement("use_by_series", decisions + PackageResources.use_by_series_sql)
    static let units = Statement("units", PackageResources.units_sql)
    static let nearClients = Statement("near_clients", clients + PackageResources.near_clients_sql)
    static let timeline = Statement("timeline", decisions + PackageResources.timeline_sql)
    static let clientBySeries = Statement("client_by_series", clients + PackageResources.client_by_series_sql)
    static let clientTimeline = Statement("client_timeline", clients + PackageResources.client_timeline_sql)
    static let topByClient = Statement("top_by_client", clients + PackageResources.top_by_client_sql)
    static let topByValue = Statement("top_by_value", values + PackageResources.top_by_value_sql)
    static let topBySeries = Statement("top_by_series", decisions + PackageResources.top_by_series_sql)
    static let topClients = Statement("top_clients", clients + PackageResources.top_clients_sql)
    static let clientBars = Statement("client_bars", clients + PackageResources.client_bars_sql)

    private static let decisions = PackageResources.with_decisions_sql
    private static let clients = counts(in: "clients", by: "client, peak")
    private static let values = counts(in: "values", by: "dimension, value")

    /// The counts of a period in the tables of this name, as a table `counts`.
    private static func counts(in table: String, by columns: String) -> [UInt8] {
        let text = String(decoding: PackageResources.with_counts_sql, as: UTF8.self)
        return Array(text.replacing("TABLE", with: table).replacing("COLUMNS", with: columns).utf8)
    }

    init(_ name: String, _ sql: String) {
        (self.name, self.sql) = (name, sql)
    }

    private init(_ name: String, _ sql: [UInt8]) {
        self.name = name
        self.sql = String(decoding: sql, as: UTF8.self)
    }
}
