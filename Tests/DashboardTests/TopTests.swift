import Foundation
import Servers
import Testing

@Suite("The heaviest senders")
struct TopTests {
    let postgres: PostgresServer
    let client: HTTPClient

    init() throws {
        postgres = try .withSchema()
        client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        let start = now()
        var traffic = Traffic()
        traffic.add("api_key=ann", .data, allowed: 90, blocked: 10, failed: 4, at: start - 60)
        traffic.add("api_key=bob", .search, allowed: 20, blocked: 30, at: start - 120)
        traffic.add("address=203.0.113.7", .banned, blocked: 7, at: start - 120)
        traffic.addValue("network", "203.0.113.0/24", .data, allowed: 80, blocked: 10, failed: 4, at: start - 60)
        traffic.addValue("network", "203.0.113.0/24", .banned, blocked: 7, at: start - 60)
        traffic.addValue("network", "198.51.100.0/24", .search, allowed: 20, blocked: 30, at: start - 120)
        for number in 0..<60 { traffic.addValue("path", "/\(number)", .data, allowed: 60 - number, at: start - 60) }
        traffic.addValue("user_agent", "", .data, allowed: 3, at: start - 60)
        traffic.addValue("user_agent", "<b>\"curl\"", .data, allowed: 2, at: start - 60)
        try traffic.write(to: postgres)
    }

    /// The values of these columns, one line per row.
    private func lines(_ target: String, _ columns: String...) throws -> [String] {
        let answer = try client.get("/limits/\(target)")
        #expect(answer.status == 200)
        return try answer.list().map { row in columns.map { "\(row[$0] ?? "-")" }.joined(separator: " ") }
    }

    @Test("are ranked by requests or by blocked requests, by each key, with 403, 429 and 503 apart")
    func ranked() throws {
        #expect(
            try lines("top.json?by=network", "network", "requests", "allowed", "over_limit", "banned", "failed")
                == ["203.0.113.0/24 101 80 10 7 4", "198.51.100.0/24 50 20 30 0 0"])
        #expect(
            try lines("top.json?by=network&order=blocked", "network") == ["198.51.100.0/24", "203.0.113.0/24"])
        #expect(
            try lines("top.json", "client", "requests")
                == ["api_key=ann 104", "api_key=bob 50", "address=203.0.113.7 7"])
        #expect(
            try lines("top.json?order=blocked", "client", "over_limit", "banned")
                == ["api_key=bob 30 0", "api_key=ann 10 0", "address=203.0.113.7 0 7"])
        #expect(
            try lines("top.json?by=rule", "rule", "requests", "over_limit", "banned", "failed", "unavailable")
                == ["/api/data 104 10 0 4 2", "/api/search 50 30 0 0 0", "* 7 0 7 0 0"])
        #expect(
            try lines("top.json?by=policy&order=blocked", "policy", "over_limit", "banned")
                == ["search 30 0", "data 10 0", "banned 0 7"])
        #expect(try lines("top.json?by=network&policy=data", "network", "requests") == ["203.0.113.0/24 94"])
        for range in ["7d", "30d"] {
            #expect(try lines("top.json?by=network&range=\(range)", "requests") == ["101", "50"])
        }
    }

    @Test("a page says where its list is cut short, and the file continues")
    func cut() throws {
        let page = try client.get("/limits/top?by=path")
        #expect(page.status == 200)
        #expect(page.text.contains("There are more: only the first 50 are listed."))
        #expect(page.text.contains("<bdi>/49</bdi>") && !page.text.contains("<bdi>/50</bdi>"))
        #expect(try lines("top.json?by=path", "path").count == 60)
        #expect(!(try client.get("/limits/top?by=network").text.contains("There are more")))
    }

    @Test("the page keeps its key in links, forms and files, shows any value as text, and names a wrong key")
    func page() throws {
        let page = try client.get("/limits/top?by=user_agent&order=blocked&range=6h").text
        #expect(page.contains("&lt;b&gt;&quot;curl&quot;"))
        #expect(page.contains("<input type=\"hidden\" name=\"by\" value=\"user_agent\">"))
        #expect(page.contains("top.csv?range=6h&amp;by=user_agent&amp;order=blocked"))
        #expect(page.contains("top?range=24h&amp;by=user_agent&amp;order=blocked"))
        #expect(page.contains("./?range=6h\""))
        let wrong = try client.get("/limits/top?by=colour")
        #expect(wrong.status == 400)
        #expect(wrong.text.contains("by=colour is not a known word."))
    }
}
