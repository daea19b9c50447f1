extension Table {
    /// The table of this name, over a filter.
    ///
    /// - Throws: ``Problem`` where the database or the store does not answer, or a client is to be named.
    init(_ name: TableName, _ filter: Filter, _ database: Database, _ limiter: LiveStore) throws(Problem) {
        if name == .left {
            guard let client = filter.client else {
                throw Problem(.malformed, "left is about one client.", "Write client= and an identity: api_key=alice.")
            }
            self = .left(try limiter.left(client))
            return
        }
        if name == .processes {
            self = .processes(try Fleet(database).processes)
            return
        }
        let report = try Report(filter, database)
        switch name {
        case .totals: self = .totals(try report.figures().sum, over: filter.range)
        case .timeline: self = .timeline(try report.timeline(), over: filter.range)
        case .strategies: self = .strategies(try report.figures())
        case .endpoints: self = .endpoints(try report.figures())
        case .clients: self = .clients(try report.blockedClients())
        case .hours: self = .hours(try report.hours())
        case .events: self = .events(try report.events())
        case .left, .processes: preconditionFailure("answered above")
        }
    }
}

extension [(series: Series, figures: SeriesFigures)] {
    /// All series together.
    var sum: SeriesFigures {
        reduce(into: SeriesFigures()) { $0 += $1.figures }
    }
}
