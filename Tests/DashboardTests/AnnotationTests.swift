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
                (now() - interval '5 min', 'override', 'web-2', 'api_key=ann: 5 per minute'),
                (now() - interval '3 hours', 'store_down', 'web-1', 'refused')
            """)
        let client = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres]).client()
        for page in ["", "client?client=api_key=ann"] {
            let text = try client.get("/limits/\(page)").text
            #expect(text.contains("<path class=\"marks\" d=\"M"))
            #expect(
                text.contains("<b>Rules reloaded</b> <bdi>web-1</bdi>: <bdi>read &lt;b&gt;limits&lt;/b&gt; again</bdi>")
            )
            #expect(text.contains("&quot;text&quot;:&quot;Override, web-2&quot;"))
            #expect(!text.contains("Store down"))
        }
        #expect(try client.get("/limits/?range=6h").text.contains("<b>Store down</b>"))
        #expect(try client.get("/limits/?range=5m&endpoint=none").status == 200)
        let rows = try client.get("/limits/annotations.json").list()
        #expect(rows.map { $0["kind"] as? String } == ["Rules reloaded", "Override"])
    }
}
