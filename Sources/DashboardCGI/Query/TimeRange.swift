import TextFormats

/// The time that a page shows, and in what steps.
struct TimeRange: Equatable, Sendable {
    /// A named range, which ends now.
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

    /// The name; `nil` for a range between two given times.
    let span: Span?
    /// The first moment, a multiple of ``resolution``.
    let start: Moment
    /// The first moment after the range, a multiple of ``resolution``.
    let end: Moment
    /// Now, or ``end`` if that is earlier.
    let seen: Moment
    /// The span of one count in the database: 10 s, an hour or a day, in seconds.
    let resolution: Int64

    /// A named range.
    init(_ span: Span, now: Moment) {
        // Ends after this second, so that it includes requests counted now.
        self.init(span: span, from: now.adding(-span.seconds), to: now.adding(1), now: now)
    }

    /// The range between two times.
    init(from: Moment, to: Moment, now: Moment) {
        self.init(span: nil, from: from, to: to, now: now)
    }

    private init(span: Span?, from: Moment, to: Moment, now: Moment) {
        self.span = span
        resolution = Self.resolution(from, to, now: now)
        end = to.raised(to: resolution)
        start = from.floored(to: resolution)
        seen = min(now, end)
    }

    /// The finest counts serve short, recent ranges only: they are not kept for long.
    private static func resolution(_ from: Moment, _ to: Moment, now: Moment) -> Int64 {
        // Allows a minute for ends that were rounded up.
        let length = to.seconds - from.seconds - 60
        if length <= 6 * 3_600, from.seconds > now.seconds - 86_400 { return 10 }
        return length <= 7 * 86_400 ? 3_600 : 86_400
    }

    /// How much of the range has passed, in seconds; at least 1.
    var passed: Int64 { max(1, seen.seconds - start.seconds) }

    /// The range of the same length just before.
    var previous: (start: Moment, end: Moment) { (start.adding(start.seconds - end.seconds), start) }

    /// The length of a chart's bar in seconds; a range has at most 97 bars.
    var step: Int64 {
        let length = end.seconds - start.seconds
        let steps: [Int64] = [10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400]
        return steps.first { $0 >= resolution && length <= $0 * 96 } ?? 86_400
    }

    /// The start of each bar of a chart.
    var bars: [Moment] {
        stride(from: start.floored(to: step).seconds, to: end.seconds, by: Int(step)).map { Moment(seconds: $0) }
    }

    /// The label of the bar that starts at a moment.
    func label(_ bar: Moment) -> String {
        switch step {
        case ..<60: bar.utc.timeOfDay
        case ..<3_600: bar.utc.hourAndMinute
        case ..<86_400: "\(bar.utc.monthAndDay), \(bar.utc.hourAndMinute)"
        default: bar.utc.monthAndDay
        }
    }

    /// The range in words: `Nov 24, 2026, 05:43 to 06:43`.
    var text: String {
        let isOneDay = end.seconds - start.seconds < 86_400 && start.day == end.adding(-1).day
        return "\(start.day), \(start.utc.hourAndMinute) to \(isOneDay ? "" : end.day + ", ")\(end.utc.hourAndMinute)"
    }
}
