import Foundation
import Servers
import Testing

@testable import DashboardCGI

@Suite("Pictures for the documentation")
struct PictureTests {
    @Test("an hour of a busy site, for the screenshot in the README")
    func picture() throws {
        let postgres = try PostgresServer.withSchema()
        let site = try DashboardSite(.nginx, postgres: postgres.location, companions: [postgres])
        // As many rows at once as a command takes.
        for minutes in stride(from: 0, to: 150, by: 50) { try Self.hour(minutes..<minutes + 50).write(to: postgres) }
        try postgres.query("update limiter.processes set seen = now() + interval '5 minutes'")
        let browser = try Browser(width: 1_280, height: 900)
        try browser.open(site.address(""))
        #expect(try browser.texts("#endpoints tbody tr").count == 4)
        let picture = try browser.screenshot()
        #expect(picture.count < 200_000)
        try Screenshots.keep(picture, "dashboard")
        try browser.prefer(.dark)
        try Screenshots.keep(browser.screenshot(), "dashboard-dark")
        try browser.resize(width: 375, height: 812)
        try Screenshots.keep(browser.screenshot(), "dashboard-phone")
    }

    @Test(
        "all pages, light, dark and on a phone, under attack and empty", .enabled(if: ProcessInfo.isAskedForPictures),
        arguments: [true, false])
    func pages(isAttacked: Bool) throws {
        let log = isAttacked ? Self.log : ""
        let site = try ConsoleSite(redis: false, limiters: 1, log: log)
        if isAttacked {
            for minutes in stride(from: 0, to: 150, by: 50) {
                try Self.hour(minutes..<minutes + 50).write(to: site.postgres)
            }
            try Self.values().write(to: site.postgres)
            try site.postgres.query(Self.details)
            for _ in 0..<7 { _ = try site.statuses(key: "crawler") }
            for action in [
                ConsoleAction(
                    .limit, client: "api_key=customer-1", policy: "data", limit: 50, seconds: 86_400, reason: "launch"),
                ConsoleAction(.exempt, client: "198.51.100.7", seconds: 3_600, reason: "load test of the office"),
                ConsoleAction(.ban, client: "203.0.113.0/24", seconds: 3_600, reason: "scrapes the catalogue"),
            ] { #expect(try site.post(try #require(try site.button(action))).status == 303) }
        }
        let browser = try Browser()
        let ban = ConsoleAction(.ban, client: "api_key=crawler", seconds: 600, reason: "scrapes the catalogue")
        for (name, page) in [
            ("overview", ""), ("top", "top?by=network"), ("clients", "clients"),
            ("client", "client?client=api_key%3Dcrawler"), ("events", "events?group=on"),
            ("effectiveness", "effectiveness"), ("health", "health"), ("overrides", "overrides"),
            ("confirm", Filter.address("confirm", ban.fields)), ("audit", "audit"), ("trial", "trial"),
        ] {
            for (look, width, scheme) in [
                ("light", 1_280, Browser.Scheme.light), ("dark", 1_280, .dark), ("phone", 375, .light),
            ] {
                try browser.prefer(scheme)
                try browser.resize(width: width, height: width < 500 ? 812 : 900)
                try site.postgres.query("update limiter.processes set seen = now()")
                let address = site.site.address(page, below: "private")
                try browser.open(address.replacing("http://", with: "http://ann:secret@"))
                if name == "trial" {
                    try browser.click("#trial button")
                    #expect(try waitUntil { try browser.text("#trial-summary, #trial-problem") != nil })
                }
                #expect(try browser.run("return document.documentElement.scrollWidth") as? Int == width, "\(name)")
                let height = try browser.run("return document.documentElement.scrollHeight") as? Int ?? 900
                try browser.resize(width: width, height: min(1_800, max(700, height)))
                // Charts and rows take their new places.
                try browser.run("return document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
                let state = isAttacked ? "attack" : "empty"
                try Screenshots.keep(browser.picture(), "pages/\(state)-\(name)-\(look)", as: "webp")
            }
        }
    }

    /// Some minutes, counted backwards from now, of a site with four endpoints and, in the last quarter of an hour, an abuser.
    private static func hour(_ minutes: Range<Int>) -> Traffic {
        var traffic = Traffic()
        let kinds: [Traffic.Kind] = [
            .data, .search, .upload, Traffic.Kind(endpoint: "/api/login", policy: "login", algorithm: "sliding_window"),
        ]
        let end = now() - 10
        for minute in minutes {
            for (place, kind) in kinds.enumerated() {
                // Each endpoint has its own wave.
                let wave = 1.6 + sin(Double(minute) / 9 + Double(place)) + 0.4 * sin(Double(minute * (place + 3)))
                let allowed = Int(wave * Double([420, 210, 40, 65][place]))
                let isAbused = place == 0 && minute < 16
                let blocked = Int(wave * Double([16, 12, 5, 9][place])) + (isAbused ? 520 : 0)
                traffic.add(
                    "api_key=customer-\(place)", kind, allowed: allowed, blocked: 0, at: end - minute * 60,
                    bucket: 5 + minute % 3 % 2)
                traffic.addWithoutEvents("api_key=crawler", kind, blocked: blocked, at: end - minute * 60, bucket: 5)
            }
        }
        return traffic
    }

    /// The heaviest senders of the last quarter of an hour.
    private static func values() -> Traffic {
        var traffic = Traffic()
        for minute in 0..<15 {
            let time = now() - 10 - minute * 60
            traffic.addValue("network", "203.0.113.0/24", .data, allowed: 40, blocked: 520, at: time)
            for number in 0..<6 {
                traffic.addValue(
                    "network", "198.51.\(number).0/24", .data, allowed: 90 - 11 * number, blocked: number, at: time)
                // A client that guesses keys is never blocked.
                traffic.addValue("network", "192.0.2.0/24", .search, allowed: 30, at: time)
            }
        }
        return traffic
    }

    /// Statements that add what is known of single requests, and what happened to the limiters.
    private static let details = """
        insert into limiter.events (at, client, address, series, retry_after, user_agent, method, host, path, status)
        select now() - i * interval '2 seconds', 'api_key=crawler', ('203.0.113.' || i % 5)::inet,
            (select id from limiter.series where endpoint = '/api/data'), 42000000 - i * 1000, 'python-requests/2.31',
            'GET', 'shop.example', '/api/data', 429
        from generate_series(1, 400) i;
        insert into limiter.annotations (at, kind, host, text) values
            (now() - interval '41 min', 'reload', 'web-1', 'rules read again from limits.yaml');
        delete from limiter.processes where ctid <> (select min(ctid) from limiter.processes);
        insert into limiter.events (at, client, address, series, user_agent, method, host, path, status, counted_status)
        select now() - i * interval '9 seconds', 'all', ('198.51.100.' || i % 7)::inet,
            (select id from limiter.series where endpoint = '/api/login'), 'Mozilla/5.0', 'POST', 'shop.example', '/api/login', 429,
            401
        from generate_series(1, 40) i;
        insert into limiter.units_10s values
            (now() - interval '30 seconds', 'login', 4127, 3981, 0), (now() - interval '30 seconds', 'tokens', 51200, 8340, 296118),
            (now() - interval '30 seconds', 'exports', 316, 312, 0);
        update limiter.clients_10s set peak = 91 where client = 'api_key=customer-2';
        update limiter.decisions_10s set use = case outcome when 'blocked' then array_fill(0::bigint, '{10}') || requests
            else array[4, 9, 7, 5, 4, 3, 2, 2, 1, 1, 0]::bigint[] end
        """

    /// An access log of the last hour: a crawler with twenty requests per minute and 20 visitors.
    private static var log: String {
        let form = DateFormatter()
        form.locale = Locale(identifier: "en_US_POSIX")
        form.timeZone = TimeZone(identifier: "UTC")
        form.dateFormat = "dd/MMM/yyyy:HH:mm:ss Z"
        return (0..<3_600).map { number in
            let time = form.string(from: Date(timeIntervalSince1970: Double(now() - 3_600 + number)))
            let client = number % 3 == 0 ? "203.0.113.9" : "198.51.100.\(number % 20)"
            let path = ["/api/data", "/api/search?q=x", "/"][number % 3]
            let status = number % 3 == 0 && number % 60 >= 30 ? 429 : 200
            return "\(client) - - [\(time)] \"GET \(path) HTTP/1.1\" \(status) 83 \"-\" \"curl/7.88.1\"\n"
        }.joined()
    }
}

extension ProcessInfo {
    /// Whether the environment asks for pictures of all pages, which take some minutes.
    fileprivate static var isAskedForPictures: Bool { processInfo.environment["PICTURES"] != nil }
}
