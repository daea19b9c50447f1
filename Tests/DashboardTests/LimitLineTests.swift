import Servers
import Testing

@testable import DashboardCGI

@Suite("The limit in a chart")
struct LimitLineTests {
    private static let rules = """
        fingerprints: { except: [api_key] }
        policies:
          data: { limit: 60 per minute, algorithm: sliding_window }
          everybody: { limit: 1000 per hour, algorithm: token_bucket }
          unused: { limit: 5 per minute, algorithm: token_bucket }
        rules:
          - { match: { path: /api/data }, count: api_key or address, policies: [data] }
          - { match: { path: /api/search }, count: everyone, policies: [everybody] }
          - { match: { path: /api/** }, count: api_key or address, policies: [unused] }
        """

    @Test("is that of the chosen policy, for the chosen client or for everybody, and no other")
    func limit() throws {
        let site = try ConsoleSite(redis: false, limiters: 1, rules: Self.rules)
        // A session of the store exists once the limiter has served.
        #expect(try site.statuses(key: "a") == [200])
        let everybody = Traffic.Kind(endpoint: "/api/search", policy: "everybody", algorithm: "token_bucket")
        var traffic = Traffic()
        traffic.add("api_key=a", .data, allowed: 30, at: now() - 600)
        traffic.add("all", everybody, allowed: 20, at: now() - 600)
        try traffic.write(to: site.postgres)
        func line(_ page: String) throws -> [String] {
            let text = try site.page(page)
            let legend = text.firstMatch(of: #/<span class="key limit">Limit <b>([^<]*)</b>/#).map {
                String($0.output.1)
            }
            let path = text.firstMatch(of: #/<path class="limit" d="([^"]*)"/#).map { String($0.output.1) }
            return [legend, path].compactMap(\.self)
        }
        // The limit is the top of the chart, and the bar half as high.
        #expect(try line("client?client=api_key%3Da&policy=data") == ["60 per minute", "M0 0H600"])
        // 16.7 of 20.
        #expect(try line("?policy=everybody") == ["16.7 per minute", "M0 33H600"])
        #expect(try line("?policy=everybody").first == "16.7 per minute")
        // A limit of each client says nothing about all clients together.
        #expect(try line("?policy=data") == [])
        #expect(try line("client?client=api_key%3Da") == [])
        #expect(try line("") == [])
        // Far above the bars it would make them invisible.
        #expect(try line("client?client=api_key%3Da&policy=unused") == ["5 per minute", ""])
        #expect(try site.page("client?client=api_key%3Da&policy=data").contains("&quot;limit&quot;:[60,60,"))

        let override = ConsoleAction(.limit, client: "api_key=a", policy: "data", limit: 90, seconds: 60, reason: "r")
        #expect(try site.post(try #require(try site.button(override))).status == 303)
        #expect(try line("client?client=api_key%3Da&policy=data") == ["90 per minute", "M0 0H600"])
    }
}
