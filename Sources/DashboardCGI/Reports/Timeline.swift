import Analytics

/// The bars of a chart of requests over time.
struct Timeline {
    let range: TimeRange
    /// The counts of each of the range's bars.
    let bars: [Counts]
}

extension Report {
    /// The requests over time.
    func timeline() throws(Problem) -> Timeline {
        let index = barIndex
        var bars = [Counts](repeating: Counts(), count: index.count)
        let statement = filter.client == nil ? Statement.timeline : Statement.clientTimeline
        let client = filter.client.map { [PostgresParameter($0)] } ?? []
        for row in try database.rows(statement[range], [start, end, step, chosenSeries] + client) {
            guard let bar = index[try row.count("bar")] else { continue }
            bars[bar] += Counts(
                allowed: try row.count("allowed"), blocked: try row.count("blocked"), failed: try row.count("failed"))
        }
        return Timeline(range: range, bars: bars)
    }

    /// The index of each bar, by its start in seconds since 1970.
    var barIndex: [Int64: Int] {
        Dictionary(uniqueKeysWithValues: range.bars.enumerated().map { ($1.seconds, $0) })
    }
}
