import Glibc

/// A time in whole seconds since 1970, read and written in UTC.
struct Moment: Hashable, Comparable, Sendable {
    let seconds: Int64

    init(seconds: Int64) {
        self.seconds = seconds
    }

    /// The machine's clock.
    static var now: Moment { Moment(seconds: Int64(time(nil))) }

    /// A time written as `2026-11-24T05:43`, with seconds or without, a space in place of the `T`, a `Z` behind it or not;
    /// or as seconds since 1970.
    ///
    /// - Returns: `nil` for what is no time, such as 30 February, and outside of the years 1970 to 9999.
    init?(_ text: String) {
        if let seconds = Int64(text), (0...253_402_300_799).contains(seconds) {
            self.seconds = seconds
            return
        }
        let plain = text.hasSuffix("Z") ? text.dropLast() : text[...]
        let halves = plain.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
        let clock = halves.count == 2 ? Self.numbers(halves[1], ":") : [0, 0]
        guard let date = Self.numbers(halves[0], "-"), let clock, date.count == 3, (2...3).contains(clock.count) else {
            return nil
        }
        var fields = tm()
        (fields.tm_year, fields.tm_mon, fields.tm_mday) = (date[0] - 1_900, date[1] - 1, date[2])
        (fields.tm_hour, fields.tm_min, fields.tm_sec) = (clock[0], clock[1], clock.count == 3 ? clock[2] : 0)
        let written = fields
        seconds = Int64(timegm(&fields))
        // 30 February would become 2 March.
        guard fields.tm_mday == written.tm_mday, fields.tm_mon == written.tm_mon, fields.tm_hour == written.tm_hour,
            fields.tm_min == written.tm_min, fields.tm_sec == written.tm_sec, (70...8_099).contains(fields.tm_year)
        else { return nil }
    }

    private static func numbers(_ text: Substring, _ separator: Character) -> [Int32]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in
            part.utf8.count <= 4 && part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int32(part) : nil
        }
        return numbers.count == parts.count ? numbers : nil
    }

    static func < (a: Moment, b: Moment) -> Bool { a.seconds < b.seconds }

    /// The same moment later.
    func adding(_ seconds: Int64) -> Moment { Moment(seconds: self.seconds + seconds) }

    /// The last multiple of `step` seconds that is not later.
    func floored(to step: Int64) -> Moment { Moment(seconds: seconds - seconds % step) }

    /// The first multiple of `step` seconds that is not earlier.
    func raised(to step: Int64) -> Moment { adding(step - 1).floored(to: step) }

    /// `2026-11-24T05:43:00Z`.
    var iso: String { text("%Y-%m-%dT%H:%M:%SZ") }

    /// Written by a format of `strftime`, in English.
    func text(_ format: String) -> String {
        var time = time_t(seconds)
        var fields = tm()
        gmtime_r(&time, &fields)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, format, &fields)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
