import FastCGI
import Testing

@testable import DashboardCGI

@Suite("Parsing and formatting")
struct ReadingTests {
    @Test("times are parsed in UTC, and other texts are refused")
    func moments() {
        for (text, seconds) in [
            ("0", 0), ("1795499000", 1_795_499_000), ("2026-11-24", 1_795_478_400), ("2026-11-24T05:43", 1_795_498_980),
            ("2026-11-24T05:43:20", 1_795_499_000), ("2026-11-24T05:43:20Z", 1_795_499_000),
            ("2026-11-24 05:43", 1_795_498_980), ("2024-02-29", 1_709_164_800),
        ] as [(String, Int64)] {
            #expect(Moment(text)?.seconds == seconds, "\(text)")
        }
        for text in [
            "", "-1", "x", "2026-11", "2026-11-24T", "2026-11-24T05", "2026-11-24T24:00", "2026-11-24T05:60",
            "2026-02-29", "2026-00-10", "1969-12-31", "10000-01-01", "2026-11-24T05:43+01:00",
            "2026-11-24T05:43:20.5", "٢٠٢٦-11-24", "2026-11-24T05:43Zx", "999999999999999",
        ] {
            #expect(Moment(text) == nil, "\(text)")
        }
        #expect(Moment(seconds: 1_795_499_000).iso == "2026-11-24T05:43:20Z")
    }

    @Test("ranges begin and end with rows of the database")
    func ranges() {
        let now = Moment(seconds: 1_795_499_003)
        for (span, resolution, step, bars) in [
            (.fiveMinutes, 10, 10, 30), (.fifteenMinutes, 10, 10, 90), (.hour, 10, 60, 61), (.sixHours, 10, 300, 73),
            (.day, 10, 3_600, 25), (.week, 3_600, 7_200, 84), (.month, 3_600, 86_400, 31),
            (.quarter, 3_600, 86_400, 91),
        ] as [(TimeRange.Span, Int64, Int64, Int)] {
            let range = TimeRange(span, now: now)
            #expect(range.resolution == resolution, "\(span)")
            #expect(range.step == step, "\(span)")
            #expect(range.bars.count == bars, "\(span)")
            #expect(range.start.seconds % resolution == 0 && range.end.seconds % resolution == 0)
            #expect(range.length == span.seconds && now < range.end)
            #expect(range.previous.end == range.start)
            // Equal spans are compared, and both of them have passed.
            #expect(range.previous.length == range.finished.length && range.finished.end <= now)
        }
        // A range includes requests of this second, even if a row begins with it.
        for time in 1_795_499_000...1_795_499_010 as ClosedRange<Int64> {
            #expect(TimeRange(.hour, now: Moment(seconds: time)).end > Moment(seconds: time))
        }
        // Fine counts are kept for a short time only; a range that is older is widened to hours.
        let old = TimeRange(from: now.adding(-30 * 86_400), to: now.adding(-30 * 86_400 + 600), now: now)
        #expect(old.resolution == 10 && old.onHours.resolution == 3_600)
        #expect(old.onHours.start <= old.start && old.onHours.end >= old.end && old.onHours.length == 3_600)
    }

    @Test("percentiles are interpolated within a bucket")
    func percentiles() {
        var histogram = Histogram()
        #expect(histogram.percentile(0.5) == nil)
        histogram.add([Int64](repeating: 0, count: 22))
        #expect(histogram.percentile(0.5) == nil)
        var counts = [Int64](repeating: 0, count: 22)
        (counts[0], counts[4], counts[21]) = (10, 80, 10)
        histogram.add(counts)
        #expect(histogram.percentile(0.05) == 0.5)
        #expect(histogram.percentile(0.1) == 1)
        #expect(histogram.percentile(0.5) == 12)
        #expect(histogram.percentile(0.9) == 16)
        // Durations above the last bound count as that bound.
        #expect(histogram.percentile(0.99) == 1_048_576)
    }

    @Test("numbers are formatted for people")
    func figures() {
        #expect(
            [0, 999, 1_000, 1_234_567, -1_000].map { Figure.count($0) } == ["0", "999", "1,000", "1,234,567", "−1,000"])
        #expect(
            [0, 0.123, 3.456, 56.78, 1_234.5, 7].map { Figure.number($0) } == [
                "0", "0.12", "3.46", "56.8", "1,235", "7",
            ])
        #expect(
            [0, 0.0004, 0.123, 0.999, 1].map { Figure.share($0) } == [
                "0.0 %", "< 0.1 %", "12.3 %", "99.9 %", "100.0 %",
            ])
        #expect(
            [0, 49.14, 1_234, 2_500_000].map { Figure.microseconds($0) } == ["0 µs", "49.1 µs", "1.23 ms", "2.50 s"])
        #expect(
            [0, 0.2, 59, 60, 61, 3_600, 5_400, 90_000, 86_400].map { Figure.seconds($0) }
                == ["0 s", "1 s", "59 s", "1 min", "1 min 1 s", "1 h", "1 h 30 min", "1 d 1 h", "1 d"])
        #expect([0, 1_536, 5_000_000].map { Figure.bytes($0) } == ["0 B", "1.50 KiB", "4.77 MiB"])
        #expect(Figure.change(15, from: 10) == "+50.0 %")
        #expect(Figure.change(5, from: 10) == "−50.0 %")
        #expect(Figure.change(10, from: 10) == "±0.0 %")
        #expect(Figure.change(10, from: 0) == nil)
    }

    @Test("the last segment of a path is the route, wherever the dashboard is mounted")
    func routes() {
        for (target, route) in [
            ("/", .page(.overview)), ("/limits/", .page(.overview)), ("/a/b/clients?x=/y", .page(.clients)),
            ("/client?client=a/b", .page(.client)), ("/x/endpoints.csv", .table(.endpoints, .csv)),
            ("/events.json?a", .table(.events, .json)), ("/x/dashboard.css?v=1", .asset("dashboard.css")),
            ("/nope", nil),
            ("/endpoints.xml", nil), ("/endpoints", nil), ("/clients/", .page(.overview)), ("/clients.csv.json", nil),
        ] as [(String, Route?)] {
            #expect(Route(Request(variables: ["REQUEST_URI": target])) == route, "\(target)")
        }
        #expect(Route(Request(variables: ["SCRIPT_NAME": "/limits", "PATH_INFO": "/clients"])) == .page(.clients))
    }
}
