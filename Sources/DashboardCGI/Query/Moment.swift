import Glibc
import TextFormats

/// A time in whole seconds since 1970, in UTC, up to the end of the year 9999.
struct Moment: Hashable, Comparable, Sendable {
    let seconds: Int64

    private static let latest: Int64 = 253_402_300_799

    /// A time in seconds since 1970; a time out of bounds becomes the nearest that is within.
    init(seconds: Int64) {
        self.seconds = min(max(seconds, 0), Self.latest)
    }

    /// The time of the machine's clock.
    static var now: Moment { Moment(seconds: Int64(time(nil))) }

    /// Parses seconds since 1970, or a time such as `2026-11-24T05:43`; `nil` for other texts and times out of bounds.
    init?(_ text: String) {
        let seconds = decimalValue(text.utf8) ?? UTCTime(text).map { $0.microseconds / 1_000_000 }
        guard let seconds, (0...Self.latest).contains(seconds) else { return nil }
        self.seconds = seconds
    }

    static func < (a: Moment, b: Moment) -> Bool { a.seconds < b.seconds }

    /// The moment that is so many seconds later.
    func adding(_ seconds: Int64) -> Moment { Moment(seconds: self.seconds + seconds) }

    /// The last multiple of `step` seconds that is not later.
    func floored(to step: Int64) -> Moment { Moment(seconds: seconds - seconds % step) }

    /// The first multiple of `step` seconds that is not earlier.
    func raised(to step: Int64) -> Moment { adding(step - 1).floored(to: step) }

    /// The date and the time of day.
    var utc: UTCTime { UTCTime(microseconds: seconds * 1_000_000) }

    /// `2026-11-24T05:43:00Z`.
    var iso: String { utc.iso8601 }

    /// `2026-11-24T05:43`, the form of `datetime-local` fields.
    var dateAndMinute: String { "\(utc.date)T\(utc.hourAndMinute)" }

    /// `Nov 24, 2026`.
    var day: String { "\(utc.monthAndDay), \(utc.year)" }
}
