import Foundation
import Rules
import Servers
import Testing

@testable import DashboardCGI

@Suite("Trying rules on the access log")
struct TrialTests {
    private static let rules = """
        policies:
          data: { limit: 10 per minute, algorithm: sliding_window }
        rules:
          - { match: { path: /api/** }, count: address, policies: [data] }

        """

    /// The lines of 120 requests of two clients, each every 2 seconds for 2 minutes up to now.
    ///
    /// Each client sends 30 per minute; the server refused one in 4 of them.
    private static let log: String = {
        let form = DateFormatter()
        form.locale = Locale(identifier: "en_US_POSIX")
        form.timeZone = TimeZone(identifier: "UTC")
        form.dateFormat = "dd/MMM/yyyy:HH:mm:ss Z"
        return (0..<120).map { number in
            let time = form.string(from: Date(timeIntervalSince1970: Double(now() - 121 + number)))
            let status = number % 8 < 2 ? 429 : 200
            return "203.0.113.\(number % 2) - - [\(time)] \"GET /api/data HTTP/1.1\" \(status) 83 \"-\" \"curl\"\n"
        }.joined()
    }()

    /// What the form sends.
    private static func form(_ rules: String, from age: Int = 3_600, policy: String = "data") -> [UInt8] {
        func time(_ seconds: Int) -> String { Moment(seconds: Int64(seconds)).dateAndMinute }
        let text = rules.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return Array("from=\(time(now() - age))&to=\(time(now() + 60))&policy=\(policy)&rules=\(text)".utf8)
    }

    private static func site(operators: String = "ann", gate: Gate = .nginx) throws -> ConsoleSite {
        try ConsoleSite(redis: false, limiters: 1, operators: operators, rules: rules, gate: gate, log: log)
    }

    /// The texts of the cells of a row, the first of which is `name`.
    private static func row(_ name: String, of table: String, in page: String) -> [String] {
        let rows = page.components(separatedBy: "<table id=\"\(table)\">").last?.components(separatedBy: "</table>")
            .first
        let cells = rows?.components(separatedBy: "<tr").map { row in
            row.components(separatedBy: "<td").dropFirst().map { cell in
                cell.drop { $0 != ">" }.dropFirst().replacing(#/<[^>]*>/#, with: "")
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            }
        }
        return cells?.first { $0.first == name } ?? []
    }

    @Test("shows what edited rules would have refused, beside what was refused then, and what each limit would refuse")
    func result() throws {
        let site = try Self.site()
        var traffic = Traffic()
        traffic.add("address=203.0.113.0", .data, allowed: 45, blocked: 15, at: now() - 60)
        // Outside of what the log covers.
        traffic.add("address=203.0.113.0", .data, blocked: 7, at: now() - 1_800)
        try traffic.write(to: site.postgres)
        let first = try site.page("trial")
        #expect(first.contains("<textarea") && first.contains("limit: 10 per minute"))
        #expect(first.contains("fcgi-limiter replay --rules \(site.rules) "))

        let same = try site.post("trial", body: Self.form(Self.rules)).text
        #expect(same.contains("120 requests from "))
        #expect(same.contains("these rules refuse 80 (66.7 %), and 30 were answered with 429 at the time"))
        #expect(Self.row("data", of: "policy", in: same) == ["data", "120", "80", "66.7 %", "15"])
        #expect(
            Self.row("address=203.0.113.1", of: "client", in: same).prefix(3) == ["address=203.0.113.1", "60", "40"])
        #expect(same.contains("Limits of data per 1 min"))
        #expect(Self.row("10", of: "limit", in: same) == ["10", "80", "66.7 %", "2", "100.0 %", "in these rules"])
        #expect(
            Self.row("50", of: "limit", in: same).prefix(5) == ["50", "0", "0.0 %", "0", "0.0 %"])

        let edited = Self.rules.replacing("limit: 10", with: "limit: 20").replacing("data", with: "new")
        let other = try site.post("trial", body: Self.form(edited, policy: "new")).text
        #expect(Self.row("new", of: "policy", in: other) == ["new", "120", "40", "33.3 %", "0"])
        // The edited text stays, and nothing is saved.
        #expect(other.contains("new: { limit: 20 per minute"))
        #expect(try String(contentsOfFile: site.rules, encoding: .utf8) == Self.rules)
        // Of the last minute only.
        let late = try site.post("trial", body: Self.form(Self.rules, from: 0)).text
        #expect(!late.contains("120 requests"))
    }

    @Test("works through each web server", arguments: Gate.allCases)
    func gates(gate: Gate) throws {
        let site = try Self.site(gate: gate)
        let long = Self.rules + "# " + String(repeating: "x", count: 30_000) + "\n"
        let answer = try site.post("trial", body: Self.form(long))
        #expect(answer.status == 200)
        #expect(answer.text.contains("these rules refuse 80 (66.7 %)"), "\(answer.text)")
    }

    @Test("is refused without a login, a right or the own origin")
    func refusals() throws {
        let site = try Self.site()
        let form = Self.form(Self.rules)
        let open = try site.client.send("POST", "/limits/trial", headers: ["Sec-Fetch-Site": "same-origin"], body: form)
        #expect(open.status == 403)
        #expect(open.text.contains("Only operators who have logged in may act."))
        let foreign = try site.post(
            "trial", ["Authorization": DashboardSite.login, "Origin": "http://evil"], body: form)
        #expect(foreign.status == 403)
        let stranger = try Self.site(operators: "bob")
        #expect(try stranger.post("trial", body: form).status == 403)
        let page = try stranger.page("trial")
        #expect(page.contains("The user ann may not act.") && page.contains("fcgi-limiter replay"))
        // A rules file may name keys.
        #expect(!page.contains("<textarea"))
    }

    @Test("says in one line what is wrong, keeps the text, and shows nothing of other files")
    func mistakes() throws {
        let site = try Self.site()
        let wrong = try site.post("trial", body: Self.form(Self.rules.replacing("sliding", with: "slding"))).text
        #expect(wrong.contains("limits.yaml:2: policies.data.algorithm: &quot;slding_window&quot;"))
        #expect(wrong.contains("algorithm: slding_window }"))
        let hostile = try site.post("trial", body: Self.form("</textarea><script>alert(1)</script>")).text
        #expect(!hostile.contains("<script>alert"))

        let folder = try TemporaryFolder()
        let secret = try folder.write("first secret second third\n", to: "secret")
        let key = try site.post("trial", body: Self.form(Self.rules + "api_keys: { header: X-Key, file: \(secret) }\n"))
            .text
        #expect(key.contains("\(secret) is not a valid file of keys."), "\(key)")
        #expect(!key.contains("second"))
        try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
        let pipe = Self.rules + "api_keys: { header: X-Key, file: \(folder.path("pipe")) }\n"
        #expect(try site.post("trial", body: Self.form(pipe)).text.contains("is not a regular file"))

        let nothing = try ConsoleSite(redis: false, limiters: 1, rules: Self.rules)
        #expect(try nothing.page("trial").contains("No access log is named."))
        #expect(try nothing.post("trial", body: Self.form(Self.rules)).text.contains("No access log is named."))
    }

    @Test("ends after a number of bytes, clients or seconds, and says so")
    func bounds() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(String(repeating: Self.log, count: 50), to: "access.log")
        let rulebook = try Rulebook.parse(Self.rules.utf8, file: "limits.yaml").0
        let period = Period(start: Moment.now.adding(-3_600), end: Moment.now.adding(60))
        func cut(_ change: (inout AccessLog.Bounds) -> Void) throws -> String? {
            var bounds = AccessLog.Bounds()
            change(&bounds)
            return try AccessLog(path, bounds).replay(rulebook, trying: nil, over: period).cut
        }
        #expect(try cut { _ in } == nil)
        #expect(try cut { $0.bytes = 1 << 10 } == "0 MiB of the log")
        #expect(try cut { $0.clients = 2 } == "2 clients")
        #expect(try cut { $0.time = 0 } == "0 seconds")
        #expect(throws: Problem.self) { try AccessLog("/nowhere").replay(rulebook, trying: nil, over: period) }
    }

    @Test("reads the rotated files that the chosen time reaches into, also compressed ones, oldest first")
    func rotated() throws {
        let folder = try TemporaryFolder()
        let lines = Self.log.split(separator: "\n").map { $0 + "\n" }
        let path = try folder.write(lines[80...].joined(), to: "access.log")
        _ = try folder.write(lines[40..<80].joined(), to: "access.log.1")
        let oldest = try folder.write(lines[..<40].joined(), to: "access.log.2")
        #expect(try Program("gzip", package: "gzip").run([oldest]).status == 0)
        // By its time it has nothing of the chosen one.
        let old = try folder.write(Self.log, to: "access.log.3")
        try FileManager.default.setAttributes(
            [.modificationDate: Date.now.addingTimeInterval(-7_200)], ofItemAtPath: old)
        _ = try folder.write(Self.log, to: "access.log.4")
        let rulebook = try Rulebook.parse(Self.rules.utf8, file: "limits.yaml").0
        let period = Period(start: Moment.now.adding(-3_600), end: Moment.now.adding(60))
        let trial = try AccessLog(path).replay(rulebook, trying: nil, over: period)
        #expect(trial.replay.total.requests == 120)
        // In another order, time would go backwards and fewer requests would be refused.
        #expect(trial.replay.total.refused == 80)
        var bounds = AccessLog.Bounds()
        bounds.bytes = 50 * lines[0].utf8.count
        #expect(try AccessLog(path, bounds).replay(rulebook, trying: nil, over: period).cut == "0 MiB of the log")
    }

    @Test("reads only the chosen time of a long log, and begins with its first line")
    func skips() throws {
        let folder = try TemporaryFolder()
        let old = "198.51.100.7 - - [01/Jan/2020:00:00:00 +0000] \"GET /api/data HTTP/1.1\" 200 83 \"-\" \"curl\"\n"
        let path = try folder.write(String(repeating: old, count: 40_000) + Self.log, to: "access.log")
        let rulebook = try Rulebook.parse(Self.rules.utf8, file: "limits.yaml").0
        var bounds = AccessLog.Bounds()
        bounds.bytes = 1 << 18
        let period = Period(start: Moment.now.adding(-3_600), end: Moment.now.adding(60))
        let trial = try AccessLog(path, bounds).replay(rulebook, trying: nil, over: period)
        #expect(trial.cut == nil)
        #expect(trial.replay.total.requests == 120)
        #expect(trial.unreadable == 0)
    }
}

@Suite("Trying rules in a browser")
struct TrialBrowserTests {
    @Test("an operator edits the rules, sees what they would have done, and the page stays")
    func tryRules() throws {
        let line = "203.0.113.1 - - [27/Nov/2026:05:00:00 +0000] \"GET /api/data HTTP/1.1\" 200 83 \"-\" \"curl\"\n"
        let site = try ConsoleSite(redis: false, limiters: 1, log: String(repeating: line, count: 30))
        let browser = try Browser(scheme: .light)
        try browser.resize(width: 1_280, height: 900)
        let page = "trial?from=2026-11-27T04:30&to=2026-11-27T05:30"
        try browser.open(site.site.address(page, below: "private").replacing("http://", with: "http://ann:secret@"))
        _ = try browser.run(
            """
            const text = document.querySelector("#trial textarea");
            text.value = text.value.replace("limit: 10 per", "limit: 25 per");
            document.querySelector("#trial button").click();
            """)
        #expect(try waitUntil(every: 50) { try browser.text("#trial-summary") != nil })
        #expect(try browser.text("#trial-summary")?.contains("30 requests") == true)
        #expect(try browser.text("#trial-summary")?.contains("these rules refuse 5 (16.7 %)") == true)
        #expect(try browser.text("#live-text") == "Past range")
        #expect(
            try browser.run("return document.querySelector('#trial textarea').value.includes('limit: 25 per')") as? Bool
                == true)
        for width in [375, 1_280] {
            try browser.resize(width: width, height: 900)
            #expect(try browser.run("return document.documentElement.scrollWidth") as? Int == width)
            try Screenshots.keep(browser.screenshot(), "console-trial-\(width)")
        }
        #expect(try browser.consoleLines() == [])
    }
}
