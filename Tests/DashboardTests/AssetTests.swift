import Servers
import Testing

@Suite("The files that pages load")
struct AssetTests {
    @Test(
        "style sheet, scripts and icon are named by their content and cached by browsers",
        arguments: Gate.allCases)
    func assets(gate: Gate) throws {
        let client = try DashboardSite(gate, postgres: nil).client()
        let page = try client.get("/limits/").text
        let names = page.matches(
            of: /(?:href|src|data-charts)="((?:dashboard|settings|charts|chart|icon|alarm)\.[a-z]+\?v=[0-9a-f]{16})"/
        )
        .map {
            String($0.1)
        }
        #expect(names.count == 6)
        for name in names {
            let answer = try client.get("/limits/\(name)")
            #expect(answer.status == 200)
            #expect(answer.body.count > 200)
            #expect(answer["Cache-Control"] == "private, max-age=31536000, immutable")
            let tag = try #require(answer["ETag"])
            #expect(name.hasSuffix("?v=\(tag.dropFirst().dropLast())"))
            let again = try client.get("/limits/\(name)", headers: ["If-None-Match": tag])
            #expect(again.status == 304)
            #expect(again.body.isEmpty)
            let file = name.prefix { $0 != "?" }
            #expect(try client.get("/limits/\(file)?v=old")["Cache-Control"] == "private, no-cache")
            #expect(try client.get("/limits/\(file)", headers: ["If-None-Match": "\"other\""]).status == 200)
        }
        #expect(try client.get("/limits/chart.js").text.contains("Chart.js v3"))
        let styles = try client.get("/limits/\(try #require(names.first { $0.hasPrefix("dashboard.css") }))").text
        let fonts = styles.matches(of: /url\("([a-z_]+\.woff2\?v=[0-9a-f]{16})"\)/).map { String($0.1) }
        #expect(fonts.count == 3)
        for font in fonts {
            let answer = try client.get("/limits/\(font)")
            #expect(answer["Content-Type"] == "font/woff2")
            #expect(answer["Cache-Control"] == "private, max-age=31536000, immutable")
            #expect(answer.body.starts(with: "wOF2".utf8))
        }
    }

    @Test("without Chart.js the charts are still drawings, and the log names the package")
    func withoutCharts() throws {
        let postgres = try PostgresServer.withSchema()
        var traffic = Traffic()
        traffic.add("api_key=ann", .data, allowed: 5, blocked: 5, at: now() - 60)
        try traffic.write(to: postgres)
        let dashboard = try DashboardProcess(
            postgres: postgres.location, flags: ["--chart-js", "/nowhere/chart.js"], companions: [postgres])
        #expect(
            dashboard.logText.contains(
                "/nowhere/chart.js is missing, so charts are not interactive: apt-get install libjs-chart.js"))
        let site = try DashboardSite(
            .nginx, postgres: postgres.location, flags: ["--chart-js", "/nowhere/chart.js"], companions: [postgres])
        let page = try site.client().get("/limits/").text
        #expect(!page.contains("chart.js?v="))
        #expect(page.contains("<path class=\"blocked\" d=\"M"))
        #expect(try site.client().get("/limits/chart.js").status == 404)
    }
}
