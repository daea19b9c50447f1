import Analytics

/// Asks the database about the range and the filter of one request.
final class Report {
    /// The filter, its range widened to whole hours if finer counts are no longer kept.
    let filter: Filter
    let database: Database
    /// How far back the counts go; `nil` before the first count.
    let history: History?
    /// All series that were ever counted, ordered by name.
    let series: [Series]
    /// A parameter: the ids of the series that match the filter's endpoint and policy; null for all.
    let chosenSeries: PostgresParameter

    /// Reads the series and how far back the counts go.
    ///
    /// - Throws: ``Problem`` if the database does not answer.
    init(_ filter: Filter, _ database: Database) throws(Problem) {
        var filter = filter
        history = try History(database)
        if history?.isCoarse(at: filter.range.start) == true { filter.range = filter.range.onHours }
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

    /// The range's start and end, as parameters.
    var bounds: [PostgresParameter] { [range.start, range.end].map { PostgresParameter($0.iso) } }

    /// The seconds per bar, as a parameter.
    var step: PostgresParameter { PostgresParameter(Double(range.step)) }

    /// The parameters of `with_decisions.sql` for a period.
    func decisionsSource(_ period: Period) -> [PostgresParameter] {
        let hours = range.step < 3_600 ? Period(start: period.end, end: period.end) : period.whole(3_600)
        return [period.start, period.end, hours.start, hours.end].map { PostgresParameter($0.iso) }
    }

    /// The parameters of `with_counts.sql` for a period.
    func clientsSource(_ period: Period) -> [PostgresParameter] {
        let hours = range.step < 3_600 ? Period(start: period.end, end: period.end) : period.whole(3_600)
        let days = range.step < 86_400 ? Period(start: hours.end, end: hours.end) : hours.whole(86_400)
        return [period.start, period.end, hours.start, hours.end, days.start, days.end].map {
            PostgresParameter($0.iso)
        }
    }
}
