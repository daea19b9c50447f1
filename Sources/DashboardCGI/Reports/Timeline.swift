import Analytics

/// The bars of a chart of requests over time.
struct Timeline {
    let range: TimeRange
    /// The counts of each of the range's bars.
    let bars: [Counts]
    /// When counting began; `nil` if nothing was ever counted.
    let beginning: Moment?
    /// The counts of the time just before the range, each as much earlier as the range is long; `nil` if not known.
    let before: [Counts]?
    /// What happened to the limiters meanwhile, and what operators did.
    let annotations: [Annotation]

    /// The counts of each bar; `nil` for bars that ended before counting began.
    var known: [Counts?] {
        zip(range.bars, bars).map { bar, counts in beginning.map { bar.end > $0 } == true ? counts : nil }
    }
}

extension Report {
    /// The requests over time.
    func timeline() throws(Problem) -> Timeline {
        let (length, start) = (range.length, range.start)
        let isKnown = history?.reaches(start.adding(-length), resolution: range.resolution) == true
        return Timeline(
            range: range, bars: try bars(range.period), beginning: history?.start,
            before: isKnown ? try bars(Period(start: start.adding(-length), end: start), shift: length) : nil,
            annotations: try annotations())
    }

    /// The counts of a period, in the range's bars if they are moved by `shift` seconds.
    func bars(_ period: Period, shift: Int64 = 0) throws(Problem) -> [Counts] {
        let index = barIndex
        var bars = [Counts](repeating: Counts(), count: index.count)
        let times = [step, PostgresParameter(Double(shift))]
        let rows =
            if let client = filter.client {
                try database.rows(
                    .clientTimeline, clientsSource(period) + [chosenSeries, PostgresParameter(client)] + times)
            } else {
                try database.rows(.timeline, decisionsSource(period) + [chosenSeries] + times)
            }
        for row in rows {
            guard let bar = index[try row.count("bar")] else { continue }
            bars[bar] += try Counts(row)
        }
        return bars
    }

    /// The index of each bar, by its start in seconds since 1970.
    var barIndex: [Int64: Int] {
        Dictionary(uniqueKeysWithValues: range.bars.enumerated().map { ($1.start.seconds, $0) })
    }
}
