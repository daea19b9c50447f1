/// A date and a time of day in UTC, by the Gregorian calendar.
///
/// Source: Howard Hinnant, "chrono-compatible low-level date algorithms".
public struct UTCTime: Sendable, Hashable {
    /// The year, 2026.
    public let year: Int64
    /// The month, 1 to 12.
    public let month: Int64
    /// The day of the month, 1 to 31.
    public let day: Int64
    /// The hour, 0 to 23.
    public let hour: Int64
    /// The minute, 0 to 59.
    public let minute: Int64
    /// The second, 0 to 59.
    public let second: Int64
    /// The part of a second in microseconds, 0 to 999,999.
    public let microsecond: Int64

    /// The time that is so many microseconds after 1970-01-01, or before it if negative.
    public init(microseconds: Int64) {
        let (seconds, microsecond) = Self.divided(microseconds, by: 1_000_000)
        let (civilDay, secondOfDay) = Self.divided(seconds, by: 86_400)
        // Days since 1 March of year 0: the leap day is the last day of such a year.
        let (era, dayOfEra) = Self.divided(civilDay + Self.daysBefore1970, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        hour = secondOfDay / 3_600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60
        self.microsecond = microsecond
    }

    /// A time in the years 1 to 9999; `nil` for a date or time of day that does not exist, such as 30 February.
    ///
    /// Second 60, a leap second, is the next minute's second 0, as it is in Unix time.
    public init?(year: Int64, month: Int64, day: Int64, hour: Int64 = 0, minute: Int64 = 0, second: Int64 = 0) {
        guard (1...9_999).contains(year), (1...12).contains(month), (1...31).contains(day), (0..<24).contains(hour),
            (0..<60).contains(minute), (0...60).contains(second)
        else { return nil }
        let midnight = Self.microsecondsAtMidnight(year, month, day)
        // 30 February would be 2 March.
        guard UTCTime(microseconds: midnight).day == day else { return nil }
        self.init(microseconds: midnight + ((hour * 60 + minute) * 60 + second) * 1_000_000)
    }

    /// A time in one of the forms of ISO 8601 that people type: `2026-11-24`, `2026-11-24T05:43`,
    /// `2026-11-24 05:43:00Z`.
    ///
    /// - Returns: `nil` for other text, such as one with a time zone, and for a time that does not exist.
    public init?(_ text: String) {
        let plain = text.hasSuffix("Z") ? text.dropLast() : text[...]
        let halves = plain.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
        guard let date = halves.first.flatMap({ Self.numbers($0, separator: "-") }), date.count == 3 else { return nil }
        guard let time = halves.count == 2 ? Self.numbers(halves[1], separator: ":") : [0, 0],
            (2...3).contains(time.count)
        else { return nil }
        self.init(
            year: date[0], month: date[1], day: date[2], hour: time[0], minute: time[1],
            second: time.count == 3 ? time[2] : 0)
    }

    /// Microseconds since 1970-01-01.
    public var microseconds: Int64 {
        Self.microsecondsAtMidnight(year, month, day) + ((hour * 60 + minute) * 60 + second) * 1_000_000 + microsecond
    }

    // MARK: Text

    /// `2026-11-24`.
    public var date: String { "\(year)-\(zeroPadded(month, to: 2))-\(zeroPadded(day, to: 2))" }
    /// `05:43`.
    public var hourAndMinute: String { "\(zeroPadded(hour, to: 2)):\(zeroPadded(minute, to: 2))" }
    /// `05:43:07`.
    public var timeOfDay: String { "\(hourAndMinute):\(zeroPadded(second, to: 2))" }
    /// `Nov 24`, in English.
    public var monthAndDay: String { "\(Self.monthNames[Int(month) - 1]) \(day)" }

    /// `2026-11-24T05:43:07Z`, or `2026-11-24T05:43:07.125Z` if the time has milliseconds.
    public var iso8601: String {
        let milliseconds = microsecond / 1_000
        return "\(date)T\(timeOfDay)" + (milliseconds == 0 ? "Z" : ".\(zeroPadded(milliseconds, to: 3))Z")
    }

    /// The English names of the months, three letters each, as logs write them: `Jan`.
    public static let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    // MARK: Arithmetic

    /// From 1 March of year 0 to 1970-01-01.
    private static let daysBefore1970: Int64 = 719_468

    private static func microsecondsAtMidnight(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let (era, yearOfEra) = divided(month <= 2 ? year - 1 : year, by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - daysBefore1970
        return days * 86_400_000_000
    }

    /// The quotient, rounded down, and the remainder, never negative.
    private static func divided(_ number: Int64, by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func numbers(_ text: Substring, separator: Character) -> [Int64]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        let numbers = parts.compactMap { $0.utf8.count <= 4 ? decimalValue($0.utf8) : nil }
        return numbers.count == parts.count ? numbers : nil
    }
}
