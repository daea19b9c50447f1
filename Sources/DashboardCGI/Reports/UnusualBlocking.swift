/// Blocking that is far from usual and lasts until the end of a chart.
struct UnusualBlocking {
    let since: Moment
    /// The requests since then.
    let counts: Counts

    /// The multiple of the usual rate from which blocking is unusual, and the blocked requests per bar below which it never is.
    private static let (factor, fewest) = (3.0, 20.0)

    /// Looks at the last bars of a chart; `nil` if they are as usual.
    ///
    /// Usual is the median of the bars, of this range or of the time before it, whichever is less.
    init?(_ timeline: Timeline) {
        let range = timeline.range
        let rates = zip(range.bars, timeline.bars).map { bar, counts in
            Double(counts.blocked) / Double(max(1, range.passed(of: bar)))
        }
        // A bar that has hardly begun tells nothing.
        let hasBegun = range.bars.last.map { range.passed(of: $0) * 2 > range.step } ?? false
        let known = hasBegun ? rates : rates.dropLast()
        let before = (timeline.before ?? []).map { Double($0.blocked) / Double(range.step) }
        let usual = min(Self.median(known), before.isEmpty ? .infinity : Self.median(before))
        let most = max(usual * Self.factor, Self.fewest / Double(range.step))
        let normal = known.lastIndex { $0 <= most }.map { $0 + 1 } ?? 0
        guard normal < known.count else { return nil }
        since = max(range.bars[normal].start, range.start)
        counts = timeline.bars[normal...].reduce(into: Counts()) { $0 += $1 }
    }

    private static func median(_ rates: [Double]) -> Double {
        rates.isEmpty ? 0 : rates.sorted()[rates.count / 2]
    }
}
