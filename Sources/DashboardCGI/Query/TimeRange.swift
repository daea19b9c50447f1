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
    /// The first moment of the range and the first moment after it, both multiples of ``resolution``.
    let period: Period
    /// Now, or the end if that is earlier.
    let seen: Moment
    /// 10 seconds or an hour: the range begins and ends on a multiple of it.
    let resolution: Int64

    /// A named range, whose last ``resolution`` has only begun.
    init(_ span: Span, now: Moment) {
        let resolution: Int64 = span.seconds <= 86_400 ? 10 : 3_600
        let end = now.adding(1).raised(to: resolution)
        self.init(span, Period(start: end.adding(-span.seconds), end: end), now: now, resolution: resolution)
    }

    /// The range between two times, widened to multiples of 10 seconds.
    init(from: Moment, to: Moment, now: Moment) {
        self.init(nil, Period(start: from.floored(to: 10), end: to.raised(to: 10)), now: now, resolution: 10)
    }

    private init(_ span: Span?, _ period: Period, now: Moment, resolution: Int64) {
        (self.span, self.period, self.resolution) = (span, period, resolution)
        seen = min(now, period.end)
    }

    /// The range widened to whole hours, for times whose finer counts are no longer kept.
    var onHours: TimeRange {
        TimeRange(
            span, Period(start: start.floored(to: 3_600), end: end.raised(to: 3_600)), now: seen, resolution: 3_600)
    }

    /// Whether all of the range has passed, so that its counts do not change.
    var isPast: Bool { span == nil && end <= seen }

    var start: Moment { period.start }
    var end: Moment { period.end }
    var length: Int64 { period.length }

    /// The part that has passed, in whole multiples of ``resolution``; empty, at the start, if there is none.
    var finished: Period { Period(start: start, end: max(start, seen.floored(to: resolution))) }

    /// The period just before that is as long as ``finished``.
    var previous: Period { Period(start: start.adding(-finished.length), end: start) }

    /// The length of a chart's bar in seconds; a range has at most 97 bars.
    ///
    /// A bar shorter than an hour needs the counts of 10 seconds, and one shorter than a day those of hours: there are too
    /// many of them for long ranges.
    var step: Int64 {
        let shortest = length > 7 * 86_400 ? 86_400 : length > 6 * 3_600 || resolution > 10 ? 3_600 : 10
        let steps: [Int64] = [10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400]
        return steps.first { $0 >= shortest && length <= $0 * 96 } ?? 86_400
    }

    /// The bars of a chart; the first and the last may extend beyond the range.
    var bars: [Period] {
        stride(from: start.floored(to: step).seconds, to: end.seconds, by: Int(step)).map {
            Period(start: Moment(seconds: $0), end: Moment(seconds: $0 + step))
        }
    }

    /// The seconds of a bar that are in the range and have passed.
    func passed(of bar: Period) -> Int64 {
        max(0, min(bar.end, seen).seconds - max(bar.start, start).seconds)
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

    /// The range in words, up to now: `Nov 24, 2026, 05:43 to 06:43`.
    var text: String {
        func time(_ moment: Moment) -> String { length > 86_400 ? moment.utc.hourAndMinute : moment.utc.timeOfDay }
        let last = max(start, seen)
        return "\(start.day), \(time(start)) to \(start.day == last.day ? "" : last.day + ", ")\(time(last))"
    }
}
