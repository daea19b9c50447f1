import Glibc
import Testing
import TextFormats

@Suite("Times in UTC")
struct UTCTimeTests {
    @Test("dates agree with the C library's, and lead back to the same moment")
    func agreesWithC() {
        // A step that shares no factor with a day, from year 1 to 9999.
        for seconds in stride(from: -62_135_596_800, through: 253_402_300_799 as Int64, by: 123_456_789) {
            var clock = time_t(seconds)
            var fields = tm()
            gmtime_r(&clock, &fields)
            let time = UTCTime(microseconds: seconds * 1_000_000 + 5)
            let expected = [fields.tm_year + 1_900, fields.tm_mon + 1, fields.tm_mday].map(Int64.init)
            #expect([time.year, time.month, time.day] == expected)
            #expect(
                [time.hour, time.minute, time.second] == [fields.tm_hour, fields.tm_min, fields.tm_sec].map(Int64.init))
            #expect(time.microseconds == seconds * 1_000_000 + 5)
        }
    }

    @Test(
        "people's forms are read",
        arguments: [
            ("2026-11-24", "2026-11-24T00:00:00Z"), ("2026-11-24T05:43", "2026-11-24T05:43:00Z"),
            ("2026-11-24 05:43:07Z", "2026-11-24T05:43:07Z"), ("2024-02-29", "2024-02-29T00:00:00Z"),
            ("1969-12-31T23:59:60", "1970-01-01T00:00:00Z"), ("2026-1-4T5:7", "2026-01-04T05:07:00Z"),
            ("2026-02-29", nil), ("2026-02-30T00:00", nil), ("2026-13-01", nil), ("2026-11-24T24:00", nil),
            ("2026-11-24T05:60", nil), ("2026-11-24T05", nil), ("2026-11-24T05:43+01:00", nil), ("", nil),
            ("now", nil), ("0000-01-01", nil), ("10000-01-01", nil),
        ] as [(String, String?)])
    func reads(text: String, iso: String?) {
        #expect(UTCTime(text)?.iso8601 == iso)
    }

    @Test("a time is written in the forms that pages and reports use")
    func writes() throws {
        let time = UTCTime(microseconds: 1_767_503_227_125_999)
        #expect(time.date == "2026-01-04")
        #expect(time.hourAndMinute == "05:07")
        #expect(time.timeOfDay == "05:07:07")
        #expect(time.monthAndDay == "Jan 4")
        #expect(time.iso8601 == "2026-01-04T05:07:07.125Z")
    }
}
