import Foundation
import Servers
import Testing

@Suite("Ranges are what they say")
struct RangeTests {
    private let postgres: PostgresServer
    private let client: HTTPClient

    init() throws {
        postgres = try .withSchema()
        client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
    }

    private func write(_ requests: [(count: Int, secondsAgo: Int)]) throws {
        var traffic = Traffic()
        for (count, age) in requests { traffic.add("api_key=ann", .data, allowed: count, at: now() - age) }
        try traffic.write(to: postgres)
    }

    private func totals(_ query: String) throws -> [[String: Any]] {
        try client.get("/limits/totals.json?\(query)").list()
    }

    @Test("24 hours are 24 hours, for all clients and for one")
    func day() throws {
        let day = 86_400
        try write([(1, day + 30), (10, day - 60), (100, 60), (1_000, 2 * day - 60), (10_000, 2 * day + 60)])
        for query in ["range=24h", "range=24h&client=api_key=ann"] {
            let rows = try totals(query)
            #expect(rows.map { $0["requests"] as? Int } == [110, 1_001], "\(query)")
            let seconds = try rows.map { try #require($0["counted_seconds"] as? Int) }
            #expect((86_380...86_400).contains(seconds[0]), "\(seconds)")
            #expect((86_380...86_400).contains(seconds[1]), "\(seconds)")
        }
        let bars = try client.get("/limits/timeline.json?range=24h").list()
        #expect(bars.compactMap { $0["requests"] as? Int }.reduce(0, +) == 110)
        // Whole hours, of which the range has only parts of the first and the last.
        #expect(bars.compactMap { $0["counted_seconds"] as? Int }.reduce(0, +) <= day)
    }

    @Test(
        "both periods of a comparison are equally long in every range",
        arguments: ["5m", "1h", "6h", "24h", "7d", "30d", "90d"])
    func spans(range: String) throws {
        try write([(1, 181 * 86_400), (7, 30)])
        // As long ago as the hours of a range may begin, and all of it is known.
        let rows = try totals("range=\(range)")
        #expect(rows.count == 2)
        let length = try #require(rows[0]["counted_seconds"] as? Int)
        let before = try #require(rows[1]["counted_seconds"] as? Int)
        #expect(length - before >= 0 && length - before < (length > 86_400 ? 3_600 : 10), "\(length), \(before)")
    }

    @Test("without counts from the beginning of the time before, no card compares, and rates are over what was counted")
    func history() throws {
        try write([(600, 600), (300, 5_000)])
        let page = try client.get("/limits/?range=1h").text
        #expect(!page.contains("class=\"before\""))
        #expect(!page.contains("class=\"even\"") && !page.contains("class=\"unusual\""))
        let rows = try totals("range=6h")
        #expect(rows.map { $0["period"] as? String } == ["now"])
        let rate = try #require(rows[0]["requests_per_second"] as? Double)
        #expect(abs(rate - 900.0 / 5_000) < 0.01, "\(rate)")
        #expect(try client.get("/limits/?range=6h").text.contains("Counts begin at "))
    }

    @Test("the bar that has not ended is marked in the drawing and in the data")
    func partial() throws {
        try write([(50, 0), (50, 7_300)])
        let page = try client.get("/limits/?range=1h").text
        #expect(page.contains("<path class=\"partial\" fill=\"url(#hatch)\" d=\"M"))
        #expect(page.contains("true],&quot;at&quot;"))
    }
}
