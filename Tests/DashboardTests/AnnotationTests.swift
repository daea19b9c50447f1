import Foundation
import Servers
import Testing

@Suite("Annotations")
struct AnnotationTests {
    @Test("are lines of the chart, a list below it and a file, within their range, and text whatever they contain")
    func shown() throws {
        let postgres = try PostgresServer.withSchema()
        var traffic = Traffic()
        traffic.add("api_key=ann", .data, allowed: 5, at: now() - 600)
        try traffic.write(to: postgres)
        try postgres.query(
            """
            insert into limiter.annotations (at, kind, host, text) values
                (now() - interval '10 min', 'reload', 'web-1', 'read <b>limits</b> again'),
                (now() - interval '3 hours', 'store_down', 'web-1', 'refused');
            insert into limiter.audit (at, actor, via, action, client, policy, "limit", reason, until, ended) values
                (now() - interval '5 min', 'eve', 'command', 'limit', 'api_key=<b>', 'data', 7, 'too <i>fast',
                    '2026-11-27 05:00Z', '{}'),
                (now() - interval '4 hours', 'eve', 'command', 'reset', 'api_key=ann', null, null, 'old', null, '{}')
            """)
        let client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        for page in ["", "client?client=api_key=ann"] {
            let text = try client.get("/limits/\(page)").text
            #expect(text.contains("<path class=\"marks\" d=\"M"))
            #expect(
                text.contains(
                    "<b><bdi>Rules reloaded</bdi></b> <bdi>web-1</bdi>: <bdi>read &lt;b&gt;limits&lt;/b&gt; again</bdi>"
                )
            )
            #expect(
                text.contains(
                    "<b><bdi>Limit: api_key=&lt;b&gt;</bdi></b> <bdi>eve</bdi>: "
                        + "<bdi>data limited to 7, until 2026-11-27T05:00:00Z, too &lt;i&gt;fast</bdi>"))
            #expect(text.contains("&quot;text&quot;:&quot;Limit: api_key=\\u003cb\\u003e, eve&quot;"))
            #expect(!text.contains("Store down") && !text.contains("Reset"))
        }
        let earlier = try client.get("/limits/?range=6h").text
        #expect(earlier.contains("<bdi>Store down</bdi>") && earlier.contains("<bdi>Reset: api_key=ann</bdi>"))
        #expect(try client.get("/limits/?range=5m&endpoint=none").status == 200)
        let rows = try client.get("/limits/annotations.json").list()
        #expect(rows.map { $0["kind"] as? String } == ["Rules reloaded", "Limit: api_key=<b>"])
    }
}
