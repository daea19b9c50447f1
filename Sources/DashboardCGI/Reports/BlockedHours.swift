import Analytics

extension Report {
    /// The days whose hours are added up: at least 7, and each hour of the day as often as any other.
    ///
    /// The last hour has only begun.
    var hoursPeriod: Period {
        let days = max(7, (range.length + 86_399) / 86_400)
        let end = range.end.raised(to: 3_600)
        return Period(start: end.adding(-days * 86_400), end: end)
    }

    /// The blocked requests in each of the 24 hours of the day, in UTC.
    func hours() throws(Problem) -> [Int64] {
        let statement = filter.client == nil ? Statement.hours : Statement.clientHours
        let client = filter.client.map { [PostgresParameter($0)] } ?? []
        let bounds = [hoursPeriod.start, hoursPeriod.end].map { PostgresParameter($0.iso) }
        var hours = [Int64](repeating: 0, count: 24)
        for row in try database.rows(statement, bounds + [chosenSeries] + client) {
            hours[Int(try row.count("hour")) % 24].saturatingAdd(try row.count("blocked"))
        }
        return hours
    }
}
