import Analytics

/// All requests of a range, compared with those of the same time just before.
struct Totals {
    /// Requests of two periods of the same length.
    struct Comparison {
        /// The whole part of the range that has passed: up to the last 10 seconds, or the last hour.
        let now: Counts
        let before: Counts
        /// The length of each period in seconds.
        let seconds: Int64
    }

    let now: Counts
    /// Whether anything was ever counted.
    let isKnown: Bool
    /// The seconds in which ``now`` was counted; at least 1.
    ///
    /// Less than the range's length if counting began within the range, or if the range has not ended.
    let seconds: Int64
    /// When counting began, if that was within the range.
    let beginning: Moment?
    /// `nil` if the time before was not counted or is not kept.
    let comparison: Comparison?

    /// Requests per second.
    var rate: Double { Double(now.total) / Double(seconds) }
}

extension Report {
    /// The totals of these figures, and those of the period before.
    func totals(_ figures: [SeriesFigures.Entry]) throws(Problem) -> Totals {
        Totals(
            now: figures.reduce(into: Counts()) { $0 += $1.figures.counts },
            isKnown: history != nil, seconds: countedSeconds,
            beginning: beginning > range.start ? beginning : nil, comparison: try comparison())
    }

    /// When the range began, or when counting began within it.
    private var beginning: Moment { history.map { max($0.start, range.start) } ?? range.start }

    /// The seconds of the range that have passed and were counted; at least 1.
    var countedSeconds: Int64 { max(1, range.seen.seconds - beginning.seconds) }

    /// Whether the time before the range is known from its beginning on.
    var isPreviousKnown: Bool {
        range.finished.length > 0 && history?.reaches(range.previous.start, resolution: range.resolution) == true
    }

    private func comparison() throws(Problem) -> Totals.Comparison? {
        guard isPreviousKnown else { return nil }
        return Totals.Comparison(
            now: try counts(in: range.finished), before: try counts(in: range.previous), seconds: range.finished.length)
    }

    /// The requests of a period.
    private func counts(in period: Period) throws(Problem) -> Counts {
        let banned = Set(series.filter(\.isBanned).map(\.id))
        var sum = Counts()
        func add(_ counts: Counts, _ row: Row) throws(Problem) {
            sum += banned.contains(try row.count("series")) ? counts.asBanned : counts
        }
        if let client = filter.client {
            let parameters = clientsSource(period) + [chosenSeries, PostgresParameter(client)]
            for row in try database.rows(.clientBySeries, parameters) { try add(Counts(row), row) }
        } else {
            for row in try database.rows(.outcomes, decisionsSource(period) + [chosenSeries]) {
                try add(Counts(row.name("outcome"), row.count("requests")), row)
            }
        }
        return sum
    }
}
