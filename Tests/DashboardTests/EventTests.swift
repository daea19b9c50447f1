import Foundation
import Servers
import Testing

@Suite("The list of events")
struct EventTests {
    let postgres: PostgresServer
    let client: HTTPClient

    init() throws {
        postgres = try .withSchema()
        client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        try postgres.query(
            """
            select limiter.ensure_day((now() at time zone 'UTC')::date - i) from generate_series(0, 1) i;
            insert into limiter.series (endpoint, policy, algorithm) values ('/api/**', 'data', 'sliding_window');
            insert into limiter.events (at, client, address, series, user_agent, method, host, path, status) values
                (now() - interval '1 min', 'api_key=ann', '203.0.113.7', 1, 'curl/8', 'GET', 'a.example', '/api/data', 429),
                (now() - interval '2 min', 'api_key=ann', '203.0.113.7', 1, 'curl/8', 'GET', 'a.example', '/api/data', 429),
                (now() - interval '3 min', 'api_key=bob', '203.0.113.8', 1, 'a "b" *\\ 100%', 'POST', 'b.example', '/login', 403),
                (now() - interval '4 min', 'api_key=cat', '2001:db8::9', 1, null, 'PUT', 'b.example', '/api/x_y', 503),
                (now() - interval '5 min', 'api_key=old', null, 1, null, null, null, null, null)
            """)
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    private func clients(_ condition: String) throws -> [String] {
        try client.get("/limits/events.json?where=\(Self.encoded(condition))").list()
            .map { ($0["client"] as? String ?? "").replacing("api_key=", with: "") }
    }

    @Test(
        "are found by each of their values, by a part of it, and by what they are not",
        arguments: [
            ("", "ann ann bob cat old"), ("path=/login", "bob"), ("path=/api/*", "ann ann cat"),
            ("-path=/api/*", "bob old"), ("path=*_y", "cat"), ("path=/api/_ata", ""), ("status=429", "ann ann"),
            ("-status=429 -status=403", "cat old"), ("method=POST", "bob"), ("host=b.example -status=503", "bob"),
            ("address=203.0.113.*", "ann ann bob"), ("client=api_key=cat", "cat"), ("-client=*a*", ""),
            ("user_agent=\"a \\\"b\\\" \\*\\\\ 100%\"", "bob"), ("user_agent=*%", "bob"),
            ("user_agent=\"\"", "cat old"),
        ])
    func found(condition: String, expected: String) throws {
        #expect(try clients(condition).joined(separator: " ") == expected)
    }

    @Test("a value's link leads to the events that have it, and a wrong condition is named")
    func links() throws {
        let page = try client.get("/limits/events?where=method%3DPOST").text
        let link = try #require(page.firstMatch(of: /href="(events\?[^"]*user_agent[^"]*)"/)?.1)
        let shown = try client.get("/limits/\(link.replacing("&amp;", with: "&"))").text
        #expect(shown.contains("/login") && !shown.contains("/api/x_y"))
        #expect(page.contains("name=\"where\" value=\"method=POST\""))
        for wrong in ["colour=red", "path", "-"] {
            let answer = try client.get("/limits/events?where=\(Self.encoded(wrong))")
            #expect(answer.status == 400)
            #expect(answer.text.contains("is not a condition on events."))
        }
    }

    @Test("repeats are grouped, with their number and the time of the first")
    func groups() throws {
        let rows = try client.get("/limits/events.json?group=on").list()
        #expect(rows.map { $0["times"] as? Int } == [2, 1, 1, 1])
        #expect((rows[0]["first_time"] as? String ?? "") < (rows[0]["time"] as? String ?? ""))
        #expect(try client.get("/limits/events?group=on").text.contains("name=\"group\" value=\"on\" checked"))
    }

    @Test("a page and a file say that there are more, and the files together have the whole range")
    func export() throws {
        try postgres.query(
            """
            insert into limiter.events (at, client, series)
            select now() - i * interval '1 ms', 'api_key=many', 1 from generate_series(1, 10050) i
            """)
        #expect(try client.get("/limits/events").text.contains("There are more: only 100 are listed."))
        let first = try client.get("/limits/events.json?range=15m")
        #expect(try first.list().count == 10_000)
        let link = try #require((first["Link"] ?? "").firstMatch(of: /<(events\.json\?[^>]*)>; rel="next"/)?.1)
        let second = try client.get("/limits/\(link)")
        #expect(try second.list().count == 55)
        #expect(second["Link"] == nil)
    }
}
