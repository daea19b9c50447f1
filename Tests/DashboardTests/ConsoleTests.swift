import Foundation
import Servers
import Testing

@Suite("The dashboard as an instrument")
struct ConsoleTests {
    private let site: DashboardSite
    private let postgres: PostgresServer
    private let browser: Browser

    init() throws {
        postgres = try .withSchema()
        site = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres])
        browser = try Browser(width: 1_280, height: 720)
    }

    /// An hour of steady traffic whose last quarter is an attack, from clients with names of all kinds.
    private func attack() throws {
        // As many rows at once as a command takes.
        for minutes in stride(from: 1, to: 150, by: 15) { try steady(minutes..<minutes + 15) }
        var traffic = Traffic()
        for minute in 0..<15 {
            traffic.addWithoutEvents("address=203.0.113.9", .data, blocked: 500, at: now() - 5 - minute * 60, bucket: 5)
        }
        let ban = Traffic.Kind(endpoint: "/api/data", policy: "ban", algorithm: "list")
        traffic.add("address=198.51.100.7", ban, blocked: 17, at: now() - 70, userAgent: "x\u{202E}gpj.exe")
        traffic.add("api_key=" + String(repeating: "long%20", count: 15), .data, blocked: 3, failed: 5, at: now() - 80)
        for number in 0..<60 {
            let name = String(repeating: "Mozilla/5.0 (X11; Linux x86_64) ", count: 7) + "\(number)"
            traffic.addValue("user_agent", name, .data, allowed: 1_000_000 - number, blocked: number, at: now() - 80)
        }
        try traffic.write(to: postgres)
        try postgres.query(
            """
            delete from limiter.processes where ctid <> (select min(ctid) from limiter.processes);
            update limiter.processes set seen = now() + interval '5 minutes'
            """)
    }

    private func steady(_ minutes: Range<Int>) throws {
        var traffic = Traffic()
        for minute in minutes {
            for number in 0..<9 {
                let kind = [Traffic.Kind.data, .search, .upload][number % 3]
                let name = "api_key=customer-\(number)"
                traffic.add(name, kind, allowed: 40 + number, at: now() - minute * 60)
                traffic.addWithoutEvents(name, kind, blocked: 1, at: now() - minute * 60, bucket: 5)
            }
        }
        try traffic.write(to: postgres)
    }

    private func number(_ script: String) throws -> Double {
        try browser.run("return \(script)") as? Double ?? (browser.run("return \(script)") as? Int).map(Double.init)
            ?? -1
    }

    @Test("the first screen tells whether something is wrong, since when, who, and which rule")
    func firstScreen() throws {
        try attack()
        try browser.open(site.address(""))
        let verdict = try #require(try browser.text(".verdict.unusual"))
        #expect(verdict.hasPrefix("Unusual blocking since "))
        #expect(verdict.contains("most from address=203.0.113.9 by policy data"))
        let since = try #require(browser.run("return document.querySelector('.verdict time').dateTime") as? String)
        let age = Date().timeIntervalSince(try #require(ISO8601DateFormatter().date(from: since)))
        #expect((13 * 60...16 * 60).contains(age), "\(since)")
        #expect(
            try browser.texts(".figure h2") == [
                "Total", "Allowed", "Blocked", "Banned", "Store failed", "Block rate", "Per second",
            ])
        #expect(try browser.text("#figure-banned .value") == "17")
        #expect(try browser.text("#figure-failed .value") == "5")
        for part in [".verdict", ".figures", "#chart", "#clients", "#policies"] {
            let bottom = try number("document.querySelector('\(part)').getBoundingClientRect().bottom")
            #expect((1...720).contains(bottom), "\(part) ends at \(bottom)")
        }
        let heights =
            "Math.max(...[...document.querySelectorAll('tbody tr')].map((r) => r.getBoundingClientRect().height))"
        #expect(try (28...32).contains(number(heights)))
        try Screenshots.keep(browser.screenshot(), "first-screen")
    }

    @Test("no page is wider than the screen, at 200 % zoom, on a phone and on large screens")
    func widths() throws {
        try attack()
        for width in [375, 640, 720, 1_280, 1_440, 1_920] {
            try browser.resize(width: width, height: 900)
            for page in [
                "", "top", "top?by=user_agent", "clients", "client?client=address%3D203.0.113.9", "events",
                "effectiveness",
                "health",
            ] {
                try browser.open(site.address(page))
                #expect(try number("document.documentElement.scrollWidth") == Double(width), "\(page) at \(width)")
                let name = page.isEmpty ? "overview" : String(page.prefix { $0 != "?" })
                try Screenshots.keep(browser.screenshot(), "attack-\(name)-\(width)")
            }
        }
    }

    @Test("an arrow key in a list does not leave the page, and after going back the form agrees with the address")
    func forms() throws {
        try attack()
        try browser.open(site.address(""))
        let address = try browser.address
        let choose = """
            const list = document.querySelector("select[name=endpoint]");
            list.focus();
            list.value = "/api/search";
            list.dispatchEvent(new Event("change", { bubbles: true }));
            """
        try browser.run(choose)
        #expect(try browser.address == address)
        try browser.click("#choices button")
        #expect(try waitUntil { try browser.address.contains("endpoint=") })
        try browser.back()
        #expect(try waitUntil { try browser.address == address })
        #expect(try browser.run("return document.querySelector('select[name=endpoint]').value") as? String == "")
    }

    @Test("the search finds a client by the name that is displayed, and an address alone")
    func search() throws {
        var traffic = Traffic()
        traffic.add("api_key=alice%20smith", .data, allowed: 5, blocked: 2, at: now() - 60)
        traffic.add("address=203.0.113.9", .data, allowed: 3, blocked: 2, at: now() - 60)
        try traffic.write(to: postgres)
        let client = site.client()
        for (text, total) in [("api_key%3Dalice+smith", 7), ("203.0.113.9", 5), ("api_key%3Dalice%2520smith", 7)] {
            let rows = try client.get("/limits/totals.json?client=\(text)").list()
            #expect(rows.first?["requests"] as? Int == total, "\(text)")
        }
    }

    @Test("screen readers hear of changes only, and rows keep still under the pointer")
    func calm() throws {
        try attack()
        try browser.open(site.address(""))
        try browser.run(
            """
            window.heard = 0;
            const live = document.querySelectorAll("[role=status], [role=alert], [aria-live]");
            const note = new MutationObserver((changes) => (window.heard += changes.length));
            for (const node of live) note.observe(node, { childList: true, characterData: true, subtree: true });
            """)
        let time = try browser.text("#live-time")
        #expect(try waitUntil { try browser.text("#live-time") != time })
        #expect(try browser.run("return window.heard") as? Int == 0)

        // A client overtakes the others while the pointer is on the table.
        try browser.click("#clients tbody tr:nth-child(2) td:nth-child(2)")
        let before = try browser.texts("#clients tbody td:first-child")
        var traffic = Traffic()
        traffic.addWithoutEvents("api_key=new", .data, blocked: 90_000, at: now() - 30, bucket: 5)
        try traffic.write(to: postgres)
        #expect(try waitUntil { try browser.text("#policies")?.contains("97,") == true })
        #expect(try browser.texts("#clients tbody td:first-child") == before)
        try browser.click(".verdict b")
        #expect(try waitUntil { try browser.texts("#clients tbody td:first-child").first == "api_key=new" })
    }

    @Test("names that reorder text and borders of fields can be seen, and numbers of a column line up")
    func sight() throws {
        try attack()
        try browser.open(site.address("events"))
        #expect(try browser.text("#events")?.contains("x⟨U+202E⟩gpj.exe") == true)
        let contrast = """
            (() => {
                const light = (colour) => {
                    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((c) => c / 255)
                        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
                    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                };
                const style = getComputedStyle(document.querySelector("select[name=policy]"));
                const [a, b] = [light(style.borderTopColor), light(style.backgroundColor)].sort((x, y) => y - x);
                return (a + 0.05) / (b + 0.05);
            })()
            """
        for scheme in Browser.Scheme.allCases {
            try browser.prefer(scheme)
            #expect(try number(contrast) >= 3)
        }
        try browser.open(site.address(""))
        for column in 5...9 {
            let texts = try browser.texts("#endpoints tbody td:nth-child(\(column))").filter { $0 != "–" }
            let decimals = Set(
                texts.map { $0.split(separator: ".").dropFirst().first?.prefix { $0.isNumber }.count ?? 0 })
            #expect(decimals.count <= 1, "\(texts)")
        }
    }

    @Test("a bar leads to its events, a past range is not polled, and interval, pause and zone last")
    func memory() throws {
        try attack()
        try browser.open(site.address(""))
        #expect(
            try waitUntil {
                try browser.run("return !!window.Chart?.getChart(document.querySelector('#chart canvas'))") as? Bool
                    == true
            })
        try browser.click("#chart canvas")
        #expect(try waitUntil { try browser.address.contains("/limits/events?from=") })
        #expect(try browser.text("#live-text") == "Past range")
        #expect(try browser.run("return !document.querySelector('#chart-library')") as? Bool == true)

        try browser.open(site.address(""))
        try browser.run(
            """
            const list = document.querySelector("#interval select");
            list.value = "60";
            list.dispatchEvent(new Event("change"));
            document.getElementById("pause").click();
            document.getElementById("zone").click();
            """)
        try browser.open(site.address(""))
        #expect(try browser.run("return document.querySelector('#interval select').value") as? String == "60")
        #expect(try browser.text("#live-text") == "Paused at")
        #expect(try browser.text("#zone") == "Local")
        #expect(try browser.consoleLines() == [])
    }

    @Test("answers are compressed, and an hour of an open tab is less than 10 MB", arguments: [Gate.nginx, .apache])
    func traffic(gate: Gate) throws {
        try attack()
        let site = try DashboardSite(gate, postgres: postgres.location, companions: [postgres])
        for page in ["", "clients", "client?client=address%3D203.0.113.9", "events", "effectiveness", "health"] {
            let answer = try site.client().get("/limits/\(page)", headers: ["Accept-Encoding": "gzip"])
            #expect(answer["Content-Encoding"] == "gzip", "\(page)")
            // Every 2 seconds.
            #expect(answer.body.count * 1_800 < 10_000_000, "\(page): \(answer.body.count) bytes")
        }
    }
}
