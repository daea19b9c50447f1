import Foundation
import Servers
import Testing

@Suite("The dashboard in a browser")
struct BrowserTests {
    static let evil = "<script>alert(1)</script>"
    static let quoted = "\"quoted\" & 'fox' 🦊"

    @Test(
        "each page shows the numbers of the requests that were sent",
        arguments: [Gate.nginx, .apache], Browser.Scheme.allCases)
    func walk(gate: Gate, scheme: Browser.Scheme) throws {
        let scene = try BrowserScene(gate, scheme)
        let browser = scene.browser
        try scene.send(13, as: "ann")
        try scene.send(5, as: "bob", for: "/api/search?q=x")
        try scene.send(11, as: Self.evil)
        try scene.send(11, as: Self.quoted)
        #expect(try scene.waitForRequests(40))

        // Overview
        try scene.look(at: "", as: "overview")
        #expect(try browser.text("#figure-total .value") == "40")
        #expect(try browser.text("#figure-allowed .value") == "35")
        #expect(try browser.text("#figure-blocked .value") == "5")
        #expect(try browser.text("#figure-rate .value") == "12.5 %")
        #expect(
            try browser.texts("#endpoints tbody td:nth-child(-n+3)") == [
                "/api/data", "35", "5", "/api/search", "5", "0",
            ])
        #expect(try browser.texts("#strategies tbody td:first-child") == ["Sliding window", "Token bucket"])
        #expect(try scene.drawn() == 40)
        // The fonts come from the dashboard.
        let fonts = "return document.fonts.size === 3 && [...document.fonts].every((font) => font.status === 'loaded')"
        #expect(try waitUntil { try browser.run(fonts) as? Bool == true })
        let page = try browser.run("return getComputedStyle(document.documentElement).backgroundColor") as? String
        #expect(page == (scheme == .light ? "rgb(245, 246, 248)" : "rgb(13, 16, 21)"))

        // Clients, and a client through its link
        try scene.look(at: "clients", as: "clients")
        #expect(
            try Set(browser.texts("#clients tbody td:first-child"))
                == ["api_key=ann", "api_key=\(Self.evil)", "api_key=\(Self.quoted)"])
        #expect(try browser.run("return document.querySelectorAll('#main script').length") as? Int == 0)
        #expect(try browser.texts("#clients tbody tr:first-child td:nth-child(2)") == ["3"])
        for (name, file) in [(Self.evil, "script"), (Self.quoted, "quoted")] {
            try browser.run(
                "[...document.querySelectorAll('#clients a')].find((a) => a.innerText.includes(arguments[0])).click()",
                name)
            #expect(try waitUntil { try browser.text("h1") == "api_key=\(name)" })
            #expect(try browser.text("#figure-total .value") == "11")
            #expect(try browser.texts("#left tbody td:nth-child(-n+2)").prefix(2) == ["data", "0 of 10"])
            #expect(try browser.texts("#events tbody td:nth-child(2)") == ["127.0.0.1"])
            #expect(try scene.drawn() == 11)
            try Screenshots.keep(browser.screenshot(), "\(scene.name)-client-\(file)")
            try browser.back()
            #expect(try waitUntil { try browser.text("#clients") != nil })
        }
        #expect(try browser.consoleLines() == [])

        // Events and Health
        try scene.look(at: "events", as: "events")
        #expect(try browser.texts("#events tbody tr").count == 5)
        try scene.look(at: "health", as: "health")
        #expect(try Set(browser.texts(".part .state")).isSuperset(of: ["up"]))
        #expect(try !browser.texts("#processes tbody tr").isEmpty)

        // All pages at the width of a phone
        for (page, name, complaints) in [
            ("", "overview", 0), ("clients", "clients", 0), ("client?client=api_key%3Dann", "client", 0),
            ("events", "events", 0), ("health", "health", 0),
            // Chromium logs the status 400.
            ("?range=2h", "problem", 1),
        ] {
            try scene.look(at: page, as: name, width: 375, complaints: complaints)
            #expect(try browser.text("nav [aria-current]") != nil)
        }
    }

    @Test("figures and chart follow the traffic, stay while paused, and say when the database fails")
    func live() throws {
        let scene = try BrowserScene(.nginx, .light)
        let browser = scene.browser
        try browser.open(scene.site.address(""))
        #expect(try browser.text("#main h2")?.contains("No requests yet") == true)
        try scene.send(7, as: "ann")
        #expect(try waitUntil { try browser.text("#figure-total .value") == "7" })
        #expect(try scene.drawn() == 7)
        #expect(try browser.text("#live-text") == "Live")

        // Focus and open elements stay.
        try browser.click("details.custom summary")
        try browser.click("details.custom input[name=from]")
        try scene.send(8, as: "ann")
        #expect(try waitUntil { try browser.text("#figure-blocked .value") == "5" })
        #expect(try browser.run("return document.querySelector('details.custom').open") as? Bool == true)
        #expect(try browser.run("return document.activeElement.name") as? String == "from")
        try browser.press(.escape)
        #expect(try browser.run("return document.querySelector('details.custom').open") as? Bool == false)

        try browser.click("#pause")
        #expect(try browser.text("#live-text") == "Paused at")
        #expect(try browser.text("#pause") == "Resume")
        let paused = try browser.run("return performance.now()") as? Double ?? 0
        try scene.send(5, as: "bob")
        #expect(try scene.waitForRequests(20))
        // Longer than an update takes.
        #expect(try waitUntil { try browser.run("return performance.now()") as? Double ?? 0 > paused + 3_000 })
        #expect(try browser.text("#figure-total .value") == "15")
        try browser.click("#pause")
        #expect(try waitUntil { try browser.text("#figure-total .value") == "20" })
        #expect(try scene.drawn() == 20)
        #expect(try browser.consoleLines() == [])

        scene.postgres.stop()
        #expect(try waitUntil { try browser.text("[role=alert]")?.contains("Check that PostgreSQL runs") == true })
        #expect(try browser.text("#live-text") == "Not updated since")
        // The last figures stay and are marked.
        #expect(try browser.text("#figure-total .value") == "20")
        #expect(try browser.run("return document.title") as? String == "Stale: Overview – FCGILimiter")
        try Screenshots.keep(browser.screenshot(), "database-down")
        try scene.postgres.start()
        #expect(try waitUntil { try browser.text("#figure-total .value") == "20" })
        #expect(try waitUntil { try scene.drawn() == 20 })
    }

    @Test("the address keeps filters and ranges")
    func filters() throws {
        let scene = try BrowserScene(.nginx, .light)
        let browser = scene.browser
        try scene.send(12, as: "ann")
        try scene.send(3, as: "ann", for: "/api/search?q=x")
        #expect(try scene.waitForRequests(15))
        try browser.open(scene.site.address(""))
        try browser.run(
            """
            document.querySelector("select[name=endpoint]").value = arguments[0];
            """, "/api/search")
        try browser.click("#choices button")
        #expect(try waitUntil { try browser.text("#figure-total .value") == "3" })
        #expect(try browser.address.hasSuffix("/limits/?endpoint=%2Fapi%2Fsearch"))
        try browser.click(".spans a[title='last 24 hours']")
        #expect(try waitUntil { try browser.address.hasSuffix("/limits/?range=24h&endpoint=/api/search") })
        #expect(try browser.text("#figure-total .value") == "3")
        try browser.click(".clear")
        #expect(try waitUntil { try browser.text("#figure-total .value") == "15" })
        #expect(try browser.address.hasSuffix("/limits/?range=24h"))

        try browser.click("input[name=client]")
        try browser.type("api_key=ann")
        try browser.press(.enter)
        #expect(try waitUntil { try browser.address.hasSuffix("/limits/?range=24h&client=api_key%3Dann") })
        try browser.open(scene.site.address("events?range=15m&policy=data&client=api_key%3Dann"))
        #expect(try browser.texts("#events tbody tr").count == 2)
        #expect(try browser.run("return document.querySelector('[name=policy]').value") as? String == "data")
        #expect(try browser.text(".spans [aria-current]") == "15m")

        // The form for a custom range.
        try browser.open(scene.site.address(""))
        try browser.click("details.custom summary")
        try browser.click("details.custom button")
        #expect(try waitUntil { try browser.address.contains("/limits/?from=") })
        #expect(try browser.text(".spans [aria-current]") == "Custom")
        #expect(try browser.consoleLines() == [])
    }

    @Test("a bar of the chart leads to its events, and a dragged stretch becomes the range, both within the filter")
    func chartLeadsOn() throws {
        let postgres = try PostgresServer.withSchema()
        let site = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres])
        let start = now() / 60 * 60 - 7_200
        var traffic = Traffic()
        traffic.add("api_key=ann", .data, blocked: 3, at: start + 10 * 60)
        traffic.add("api_key=bob", .data, blocked: 2, at: start + 30 * 60)
        traffic.add("api_key=eve", .search, blocked: 7, at: start + 30 * 60)
        try traffic.write(to: postgres)
        let browser = try Browser()
        let page = site.address("?from=\(start)&to=\(start + 3_600)&policy=data")
        /// The middle of a bar.
        func bar(_ index: Int) throws -> (x: Int, y: Int) {
            let script = """
                const chart = Chart.getChart(document.querySelector("#chart canvas"));
                const { left, top, height } = chart.canvas.getBoundingClientRect();
                return [left + chart.scales.x.getPixelForValue(Number(arguments[0])), top + height / 2].map(Math.round);
                """
            let point = try #require(try browser.run(script, "\(index)") as? [Int])
            return (point[0], point[1])
        }
        func open() throws {
            try browser.open(page)
            #expect(try waitUntil { try browser.run("return window.Chart !== undefined") as? Bool == true })
            #expect(try browser.text("#figure-total .value") == "5")
        }
        func expectAddress(_ page: String, _ from: Int, _ to: Int) throws {
            let query = "?from=\(start + from * 60)&to=\(start + to * 60)&policy=data"
            #expect(try waitUntil { try browser.address == site.address(page + query) })
        }
        try open()
        try browser.drag(from: bar(10), to: bar(10))
        try expectAddress("events", 10, 11)
        #expect(try waitUntil { try browser.texts("#events tbody tr").count == 3 })
        for (first, last) in [(25, 35), (35, 25)] {
            try open()
            try browser.drag(from: bar(first), to: bar(last))
            try expectAddress("", 25, 36)
            #expect(try waitUntil { try browser.text("#figure-total .value") == "2" })
        }
        // A click beside the chart does nothing.
        try open()
        try browser.drag(from: (640, 60), to: (640, 60))
        #expect(try browser.address == page)
    }

    @Test("the keyboard reaches everything, and the theme can be switched and is kept")
    func keyboard() throws {
        let scene = try BrowserScene(.nginx, .light)
        let browser = scene.browser
        try scene.send(12, as: "ann")
        #expect(try scene.waitForRequests(12))
        try browser.open(scene.site.address(""))
        try browser.click("#pause")
        try browser.run("document.activeElement.blur()")
        try browser.open(scene.site.address(""))
        var reached: [String] = []
        for _ in 0..<60 {
            try browser.press(.tab)
            let script = """
                const e = document.activeElement;
                const outline = getComputedStyle(e).outlineStyle;
                return `${e.getAttribute("aria-labelledby") || e.innerText || e.name} ${outline}`.trim();
                """
            reached.append(try browser.run(script) as? String ?? "")
        }
        for name in [
            "Skip to the content", "FCGILimiter", "Overview", "Clients", "Events", "Health", "Resume", "5m", "90d",
            "Custom",
            "client", "Filter", "endpoints-title", "/api/data",
        ] {
            #expect(
                reached.contains { $0.hasPrefix(name) && $0.hasSuffix(" solid") || $0.hasPrefix(name + " auto") },
                "\(name)")
        }
        try browser.run("document.querySelector('nav a:nth-child(4)').focus()")
        try browser.press(.enter)
        #expect(try waitUntil { try browser.text("#events") != nil })

        let ground = "return getComputedStyle(document.documentElement).backgroundColor"
        try browser.click("#theme")
        #expect(try browser.run(ground) as? String == "rgb(13, 16, 21)")
        try browser.open(scene.site.address(""))
        #expect(try browser.run(ground) as? String == "rgb(13, 16, 21)")
        try browser.click("#theme")
        #expect(try browser.run(ground) as? String == "rgb(245, 246, 248)")
        #expect(try browser.consoleLines() == [])
    }

    @Test("without scripts a page has figures, tables and a still chart")
    func withoutScripts() throws {
        let scene = try BrowserScene(.nginx, .light)
        try scene.send(12, as: "ann")
        #expect(try scene.waitForRequests(12))
        try scene.browser.disableScripts()
        try scene.browser.open(scene.site.address(""))
        #expect(try scene.browser.text("#figure-total .value") == "12")
        #expect(try scene.browser.text("#endpoints tbody td") == "/api/data")
        let height = "return document.querySelector('.still svg').getBoundingClientRect().height"
        #expect(try scene.browser.run(height) as? Double ?? 0 > 100)
        #expect(try scene.browser.text("#live-text") == "Reload for newer figures")
        try Screenshots.keep(scene.browser.screenshot(), "without-scripts")
    }
}

/// The pages that tests have seen, for people to look at: `.build/screenshots/`.
enum Screenshots {
    static func keep(_ picture: [UInt8], _ name: String, as suffix: String = "png") throws {
        let file = URL(fileURLWithPath: Template.path(".build/screenshots/\(name).\(suffix)"))
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(picture).write(to: file)
    }
}
