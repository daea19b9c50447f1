import Analytics

/// Asks the database about the range and the filter of one request.
final class Report {
    let filter: Filter
    let database: Database
    /// All series that were ever counted, ordered by name.
    let series: [Series]
    /// A parameter: the ids of the series that match the filter's endpoint and policy; null for all.
    let chosenSeries: PostgresParameter

    /// Reads the series.
    ///
    /// - Throws: ``Problem`` if the database does not answer.
    init(_ filter: Filter, _ database: Database) throws(Problem) {
        self.filter = filter
        self.database = database
        series = try database.rows(.series).map(Series.init)
        if filter.endpoint == nil, filter.policy == nil {
            chosenSeries = .null
        } else {
            let chosen = series.filter {
                (filter.endpoint == nil || filter.endpoint == $0.endpoint)
                    && (filter.policy == nil || filter.policy == $0.policy)
            }
            chosenSeries = PostgresParameter(chosen.map(\.id))
        }
    }

    var range: TimeRange { filter.range }

    /// The range's start, its end and the seconds per bar, as parameters.
    var start: PostgresParameter { PostgresParameter(range.start.iso) }
    var end: PostgresParameter { PostgresParameter(range.end.iso) }
    var step: PostgresParameter { PostgresParameter(Double(range.step)) }
}
