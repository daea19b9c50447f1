import Stores

extension Table {
    /// The table of this name, for a filter.
    ///
    /// - Throws: ``Problem`` if the database or the store does not answer, or if the table needs a client.
    init(_ name: TableName, _ filter: Filter, _ database: Database, _ limiter: LiveStore) throws(Problem) {
        switch name {
        case .left:
            guard let client = filter.client else {
                throw Problem(.malformed, "This table needs a client.", "Add client= and an identity: api_key=alice.")
            }
            self = .left(try limiter.left(client))
        case .overrides: self = .overrides(try limiter.overrides().overrides)
        case .audit: self = .audit(try AuditRow.latest(client: filter.client, database))
        case .processes: self = .processes(try Fleet(database).processes)
        case .totals:
            let report = try Report(filter, database)
            self = .totals(try report.totals(report.figures()))
        case .timeline: self = .timeline(try Report(filter, database).timeline())
        case .strategies: self = .strategies(try Report(filter, database).figures())
        case .effectiveness:
            let report = try Report(filter, database)
            self = .effectiveness(try report.useFigures(), over: report.countedSeconds)
        case .units: self = .units(try Report(filter, database).units())
        case .near: self = .near(try Report(filter, database).nearClients())
        case .victims: self = .victims(try Report(filter, database).victims())
        case .policies: self = .policies(try Report(filter, database).figures())
        case .endpoints: self = .endpoints(try Report(filter, database).figures())
        case .top: self = .top(try Report(filter, database).topSenders(limit: TopSenders.limit.file))
        case .clients: self = .clients(try Report(filter, database).blockedClients())
        case .annotations: self = .annotations(try Report(filter, database).annotations())
        case .hours: self = .hours(try Report(filter, database).hours())
        case .events: self = .events(try Report(filter, database).events(limit: Events.limit.file), filter)
        }
    }
}
