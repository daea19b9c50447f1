import Analytics

extension Report {
    /// The start of the days whose hours are compared: the range, and at least its last 7 days.
    var hoursStart: Moment { min(range.start, range.end.adding(-7 * 86_400)).floored(to: 3_600) }

    /// The blocked requests in each of the 24 hours of the day, in UTC.
    func hours() throws(Problem) -> [Int64] {
        let statement = filter.client == nil ? Statement.hours : Statement.clientHours
        let client = filter.client.map { [PostgresParameter($0)] } ?? []
        var hours = [Int64](repeating: 0, count: 24)
        let parameters = [PostgresParameter(hoursStart.iso), end, chosenSeries] + client
        for row in try database.rows(statement, parameters) {
            hours[Int(try row.count("hour")) % 24].saturatingAdd(try row.count("blocked"))
        }
        return hours
    }
}
