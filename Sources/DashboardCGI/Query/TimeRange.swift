/// From when to when a page looks, and how finely.
struct TimeRange: Equatable, Sendable {
    /// The ranges that have names: so long up to now.
    enum Span: String, CaseIterable, Sendable {
        case fiveMinutes = "5m"
        case fifteenMinutes = "15m"
        case hour = "1h"
        case sixHours = "6h"
        case day = "24h"
        case week = "7d"
        case month = "30d"
        case quarter = "90d"

        var seconds: Int64 {
            switch self {
            case .fiveMinutes: 300
            case .fifteenMinutes: 900
            case .hour: 3_600
            case .sixHours: 21_600
            case .day: 86_400
            case .week: 604_800
            case .month: 2_592_000
            case .quarter: 7_776_000
            }
        }

        var title: String {
            switch self {
            case .fiveMinutes: "last 5 minutes"
            case .fifteenMinutes: "last 15 minutes"
            case .hour: "last hour"
            case .sixHours: "last 6 hours"
            case .day: "last 24 hours"
            case .week: "last 7 days"
            case .month: "last 30 days"
            case .quarter: "last 90 days"
            }
        }
    }

    /// The name; `nil` for a range from one time to another.
    let span: Span?
    /// Where it begins, on a multiple of ``grain``.
    let start: Moment
    /// Where it ends, on a multiple of ``grain``; this moment is not in it.
    let end: Moment
    /// Now, or the end where that is earlier.
    let seen: Moment
    /// 10 s, an hour or a day: by what the database's counts are taken.
    let grain: Int64

    /// The range of a name that ends now.
    init(_ span: Span, now: Moment) {
        // Up to the end of this second: what is counted now is in it.
        self.init(span: span, from: now.adding(-span.seconds), to: now.adding(1), now: now)
    }

    /// The range between two times.
    init(from: Moment, to: Moment, now: Moment) {
        self.init(span: nil, from: from, to: to, now: now)
    }

    private init(span: Span?, from: Moment, to: Moment, now: Moment) {
        self.span = span
        grain = Self.grain(from, to, now: now)
        end = to.raised(to: grain)
        // The last grain has only begun: a named range takes it besides its full length.
        start = from.floored(to: grain)
        seen = min(now, end)
    }

    /// Fine for short ranges that are not long ago: the finest counts are not kept for long.
    private static func grain(_ from: Moment, _ to: Moment, now: Moment) -> Int64 {
        // A minute more for ends that have been raised.
        let length = to.seconds - from.seconds - 60
        if length <= 6 * 3_600, from.seconds > now.seconds - 86_400 { return 10 }
        return length <= 7 * 86_400 ? 3_600 : 86_400
    }

    /// Seconds of it that have passed; at least 1.
    var passed: Int64 { max(1, seen.seconds - start.seconds) }

    /// As long, just before.
    var previous: (start: Moment, end: Moment) { (start.adding(start.seconds - end.seconds), start) }

    /// How many seconds a chart's column stands for: 24 to 96 of them.
    var step: Int64 {
        let length = end.seconds - start.seconds
        let steps: [Int64] = [10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400]
        return steps.first { $0 >= grain && length <= $0 * 96 } ?? 86_400
    }

    /// When each of a chart's columns begins.
    var columns: [Moment] {
        var columns: [Moment] = []
        var column = start.floored(to: step)
        while column < end {
            columns.append(column)
            column = column.adding(step)
        }
        return columns
    }

    /// What a column is called.
    func label(_ column: Moment) -> String {
        switch step {
        case ..<60: column.text("%H:%M:%S")
        case ..<3_600: column.text("%H:%M")
        case ..<86_400: column.text("%b %e, %H:%M")
        default: column.text("%b %e")
        }
    }

    /// The range in words: `Nov 24, 05:43 to 06:43`.
    var text: String {
        let day = start.text("%b %e, %Y")
        let (first, last) = (start.text("%H:%M"), end.text("%H:%M"))
        if end.seconds - start.seconds < 86_400, start.text("%j") == end.adding(-1).text("%j") {
            return "\(day), \(first) to \(last)"
        }
        return "\(day), \(first) to \(end.text("%b %e, %Y")), \(last)"
    }
}
