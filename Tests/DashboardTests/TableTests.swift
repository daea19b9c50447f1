import Foundation
import Servers
import Testing

@Suite("The dashboard's tables")
struct TableTests {
    let postgres: PostgresServer
    let client: HTTPClient
    let start: Int

    init() throws {
        postgres = try .withSchema()
        client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        start = now()
        var traffic = Traffic()
        traffic.add("api_key=ann", .data, allowed: 70, blocked: 30, at: start - 60)
        traffic.add("api_key=ann", .search, allowed: 9, blocked: 1, at: start - 120, bucket: 10)
        traffic.add("api_key=bob", .data, allowed: 20, blocked: 5, shadowBlocked: 3, failed: 2, at: start - 120)
        traffic.add("api_key=bob", .upload, allowed: 5, at: start - 180)
        // In the hour before.
        traffic.add("api_key=ann", .data, allowed: 40, blocked: 10, at: start - 5_400)
        // Days ago.
        traffic.add("api_key=old", .upload, allowed: 1_000, blocked: 100, at: start - 3 * 86_400)
        traffic.add("api_key=old", .upload, allowed: 10_000, blocked: 1_000, at: start - 40 * 86_400)
        traffic.add("other", .data, allowed: 100, blocked: 200, at: start - 60)
        try traffic.write(to: postgres)
    }

    private func rows(_ target: String) throws -> [[String: Any]] {
        let answer = try client.get("/limits/\(target)")
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "application/json")
        return try answer.list()
    }

    private func requests(_ target: String) throws -> [Int?] {
        try rows(target).map { $0["requests"] as? Int }
    }

    @Test("totals of the range and of the same time before")
    func totals() throws {
        let rows = try rows("totals.json")
        #expect(rows.map { $0["period"] as? String } == ["now", "before"])
        #expect(rows.map { $0["requests"] as? Int } == [445, 50])
        #expect(rows.map { $0["allowed"] as? Int } == [207, 40])
        #expect(rows.map { $0["blocked"] as? Int } == [236, 10])
        #expect(rows.map { $0["failed"] as? Int } == [2, 0])
        #expect(rows.map { $0["shadow_blocked"] as? Int } == [3, 0])
        #expect(rows[1]["block_rate"] as? Double == 0.2)
        let page = try client.get("/limits/").text
        #expect(page.contains("+790 %"))
        #expect(page.contains("2 requests were not decided"))
        #expect(page.contains("Shadow policies would have refused 3 allowed requests."))
    }

    @Test("endpoints with their averages and decision times")
    func endpoints() throws {
        let rows = try rows("endpoints.json")
        #expect(rows.map { $0["endpoint"] as? String } == ["/api/data", "/api/search", "/api/upload"])
        #expect(rows.map { $0["requests"] as? Int } == [430, 10, 5])
        #expect(rows.map { $0["blocked"] as? Int } == [235, 1, 0])
        #expect(rows[1]["average_limit"] as? Double == 10)
        #expect(rows[1]["average_remaining"] as? Double == 5.4)
        #expect(rows[2]["average_remaining"] as? Double == 6)
        // Bucket 10 counts decisions of more than 512 and at most 1,024 microseconds.
        #expect(rows[1]["decision_p50_microseconds"] as? Double == 768)
        #expect(rows[1]["decision_p99_microseconds"] as? Double == 1_018.88)
        #expect(try requests("strategies.json") == [435, 10])
    }

    @Test("a named range counts the requests within it")
    func ranges() throws {
        for (range, sum) in [
            ("5m", 445), ("15m", 445), ("1h", 445), ("6h", 495), ("24h", 495), ("7d", 1_595), ("30d", 1_595),
            ("90d", 12_595),
        ] {
            #expect(try requests("totals.json?range=\(range)").first == sum)
            let timeline = try requests("timeline.json?range=\(range)").compactMap { $0 }
            #expect(timeline.reduce(0, +) == sum)
            #expect((25...97).contains(timeline.count))
            #expect(try requests("endpoints.json?range=\(range)").compactMap { $0 }.reduce(0, +) == sum)
        }
    }

    @Test("a range between two times counts the requests within it, without its end")
    func customRange() throws {
        let at = start - 60 - (start - 60) % 10
        func text(_ time: Int, _ format: String = "yyyy-MM-dd'T'HH:mm:ss") -> String {
            let formatter = DateFormatter()
            formatter.locale = Locale(identifier: "en_US_POSIX")
            formatter.timeZone = TimeZone(identifier: "UTC")
            formatter.dateFormat = format
            return formatter.string(from: Date(timeIntervalSince1970: Double(time)))
        }
        #expect(try requests("totals.json?from=\(at)&to=\(at + 10)").first == 400)
        #expect(try requests("totals.json?from=\(at - 10)&to=\(at)").first == 0)
        #expect(try requests("totals.json?from=\(text(at))Z&to=\(text(at + 10))").first == 400)
        #expect(try requests("totals.json?from=\(text(at))").first == 400)
        let day = start - 3 * 86_400
        #expect(
            try requests("totals.json?from=\(text(day - 86_400, "yyyy-MM-dd"))&to=\(text(day + 86_400, "yyyy-MM-dd"))")
                .first
                == 1_100)
    }

    @Test("endpoint, policy and client filter every table and page")
    func filters() throws {
        #expect(try requests("endpoints.json?endpoint=/api/data") == [430])
        #expect(try requests("endpoints.json?endpoint=%2Fapi%2Fdata&policy=search") == [])
        #expect(try requests("endpoints.json?policy=search") == [10])
        #expect(try requests("endpoints.json?client=api_key%3Dann") == [100, 10])
        #expect(try requests("totals.json?client=api_key%3Dann") == [110, 50])
        #expect(try requests("totals.json?client=api_key%3Dann&endpoint=/api/search") == [10, 0])
        #expect(try requests("timeline.json?client=api_key%3Dbob").compactMap { $0 }.reduce(0, +) == 35)
        #expect(try requests("clients.json?endpoint=/api/search") == [10])
        #expect(try rows("events.json?client=api_key=bob").count == 5)
        #expect(try rows("events.json?policy=search").count == 1)
        #expect(try rows("hours.json?client=api_key=bob").compactMap { $0["blocked"] as? Int }.reduce(0, +) == 5)
        #expect(try rows("hours.json").compactMap { $0["blocked"] as? Int }.reduce(0, +) == 346)
        // Links keep the filter.
        let page = try client.get("/limits/clients?range=24h&endpoint=%2Fapi%2Fdata&policy=data").text
        for link in [
            "href=\"./?range=24h&amp;endpoint=/api/data&amp;policy=data\"",
            "href=\"clients?range=7d&amp;endpoint=/api/data&amp;policy=data\"",
            "href=\"clients.csv?range=24h&amp;endpoint=/api/data&amp;policy=data\"",
            "href=\"client?range=24h&amp;endpoint=/api/data&amp;policy=data&amp;client=api_key%3Dann\"",
            "<option value=\"/api/data\" selected>/api/data</option>",
        ] {
            #expect(page.contains(link), "\(link)")
        }
    }

    @Test("the most blocked clients come first, and the group of unnamed clients is left out")
    func clients() throws {
        let rows = try rows("clients.json")
        #expect(rows.map { $0["client"] as? String } == ["api_key=ann", "api_key=bob"])
        #expect(rows.map { $0["blocked"] as? Int } == [31, 5])
        #expect(rows.map { $0["requests"] as? Int } == [110, 35])
        let first = (start - 5_400) - (start - 5_400) % 10
        let text = rows[0]["first_seen"] as? String ?? ""
        #expect(ISO8601DateFormatter().date(from: text)?.timeIntervalSince1970 == Double(first))
    }

    @Test("events are listed latest first, a hundred per page, and all of them in a file")
    func events() throws {
        let all = try rows("events.json")
        let cursors = all.compactMap { $0["cursor"] as? String }
        #expect(Set(cursors).count == 236)
        #expect(all[0]["retry_after_seconds"] as? Int == 42)
        #expect(try client.get("/limits/events").text.contains("href=\"events?before=\(cursors[99])\""))
        #expect(try client.get("/limits/events?before=\(cursors[99])").text.contains("before=\(cursors[199])\""))
        #expect(try rows("events.json?before=\(cursors[199])").count == 36)
    }

    @Test("a malformed query is answered by 400 and says what to write")
    func malformed() throws {
        for (query, text) in [
            ("range=2h", "Write one of 5m, 15m, 1h"), ("from=yesterday", "Write a time in UTC such as"),
            ("from=2026-02-30", "Write a time in UTC such as"),
            ("from=2026-13-01T00:00", "Write a time in UTC such as"),
            ("from=2026-01-01T25:00", "Write a time in UTC such as"), ("from=-5", "Write a time in UTC such as"),
            ("from=99999999999999999999", "Write a time in UTC such as"),
            ("to=2026-01-01", "Add from= with the start of the range"),
            ("from=2026-01-02&to=2026-01-01", "The range ends before it begins"),
            ("from=2026-01-01&to=2026-01-01", "The range ends before it begins"),
            ("from=2020-01-01&to=2026-01-01", "longer than a year"), ("before=x", "is not an event"),
            ("before=1-2-3", "is not an event"), ("from=%3Cscript%3E", "from=&lt;script&gt; is not a time"),
        ] {
            for page in ["", "clients", "events", "client"] {
                let answer = try client.get("/limits/\(page)?\(query)")
                #expect(answer.status == 400)
                #expect(answer.text.contains(text), "\(answer.text)")
                #expect(answer.text.contains("<nav"))
            }
            for table in ["totals.json", "clients.csv"] {
                let answer = try client.get("/limits/\(table)?\(query)")
                #expect(answer.status == 400)
                #expect(answer["Content-Type"] == "application/problem+json")
                #expect(try answer.json()["detail"] is String)
            }
        }
    }

    @Test("a table as CSV has the same numbers as JSON")
    func csv() throws {
        let answer = try client.get("/limits/endpoints.csv?client=api_key=ann")
        #expect(answer["Content-Type"] == "text/csv; charset=utf-8")
        #expect(answer["Content-Disposition"] == "attachment; filename=\"endpoints.csv\"")
        #expect(
            answer.text == """
                endpoint,requests,blocked,block_rate,average_limit,average_remaining,decision_p50_microseconds,\
                decision_p95_microseconds,decision_p99_microseconds,allowed,failed,shadow_blocked\r
                /api/data,100,30,0.3,,,,,,70,0,0\r
                /api/search,10,1,0.1,,,,,,9,0,0\r

                """)
    }
}
