/// What is recorded where, and for how long.
public struct RecorderSettings: Sendable {
    /// The database.
    public let location: PostgresLocation
    /// How clients are named.
    public let names: ClientNames
    /// How long rows are kept.
    public let retention: Retention
    /// Where batches wait for the database.
    public let spool: SpoolLocation

    /// Settings.
    public init(_ location: PostgresLocation, names: ClientNames, retention: Retention, spool: SpoolLocation) {
        self.location = location
        self.names = names
        self.retention = retention
        self.spool = spool
    }
}
