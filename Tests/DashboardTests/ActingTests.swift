import FastCGI
import Foundation
import Limiters
import Servers
import Testing

@testable import DashboardCGI

@Suite("Acting in the dashboard")
struct ActingTests {
    private static let ban = ConsoleAction(.ban, client: "api_key=a", seconds: 10, reason: "too fast")

    @Test(
        "a ban set as a browser does holds on all limiters within a second, outlives a restart, is audited, and ends",
        arguments: [(true, 2), (false, 3)])
    func ban(redis: Bool, limiters: Int) throws {
        let site = try ConsoleSite(redis: redis, limiters: limiters)
        #expect(try site.statuses(key: "a") == [200])
        let button = try #require(try site.button(Self.ban))
        let end = Date.now.addingTimeInterval(10)
        let answer = try site.post(button)
        #expect(answer.status == 303)
        #expect(answer["Location"] == "overrides?done=1")
        #expect(try waitUntil(every: 10) { try site.statuses(key: "a") == [403] })
        #expect(try site.statuses(key: "b") == [200])
        let done = try site.page("overrides?done=1")
        #expect(done.contains("Done: ban, api_key=a."))
        #expect(done.contains("Undo: Remove the ban or exemption of api_key=a"))
        #expect(done.contains("<bdi>too fast</bdi>"))
        #expect(try site.page("").contains("<b><bdi>Ban: api_key=a</bdi></b> <bdi>ann</bdi>"))

        try site.limiters[0].restart()
        #expect(try site.statuses(key: "a") == [403])
        #expect(
            try site.postgres.query(
                "select actor, via, action, client, reason, extract(epoch from until - at)::int from limiter.audit")
                == "ann|dashboard|ban|api_key=a|too fast|10")
        #expect(try waitUntil(every: 10) { try site.statuses(key: "a").isDisjoint(with: [403]) })
        // Not before the end, which the store's clock decides.
        #expect(Date.now.timeIntervalSince(end) > -0.5)
    }

    @Test("each action is offered, done, listed, audited and undone")
    func actions() throws {
        let site = try ConsoleSite(redis: false, limiters: 1)
        func act(_ action: ConsoleAction) throws -> String { try act(Filter.address("confirm", action.fields)) }
        func act(_ confirmation: String) throws -> String {
            let answer = try site.post(try #require(try site.button(confirmation)))
            #expect(answer.status == 303, "\(answer.text)")
            return try site.page(try #require(answer["Location"]))
        }
        /// The address that undoes what was just done.
        func undo(_ page: String) throws -> String {
            let link = try #require(page.firstMatch(of: #/<a href="(confirm\?[^"]*)"><bdi>Undo/#)).output.1
            return String(link).replacing("&amp;", with: "&")
        }
        let limit = ConsoleAction(.limit, client: "api_key=a", policy: "data", limit: 70, seconds: 3_600, reason: "r")
        let limited = try act(limit)
        #expect(limited.contains("<bdi>data limited to 70</bdi>"))
        #expect(try site.page("client?client=api_key%3Da").contains("of 70"))
        let other = ConsoleAction(.limit, client: "api_key=a", policy: "data", limit: 80, seconds: 3_600, reason: "r")
        // Undoing the second limit sets the first one again.
        let earlier = try undo(act(other))
        #expect(earlier.hasPrefix("confirm?do=limit&client=api_key%3Da&policy=data&limit=70&for="))
        #expect(try undo(act(earlier)).contains("limit=80"))
        _ = try act(ConsoleAction(.remove, client: "api_key=a", policy: "data", reason: "r"))
        #expect(try site.page("overrides").contains("No override is in force."))

        #expect(try site.statuses(key: "a") == [200])
        let reset = try act(ConsoleAction(.reset, client: "api_key=a", reason: "r"))
        #expect(reset.contains("Done: reset, api_key=a."))
        #expect(!reset.contains("Undo"))
        let exempt = try act(ConsoleAction(.exempt, client: "203.0.113.0/24", seconds: 60, reason: "r"))
        #expect(try undo(exempt).hasPrefix("confirm?do=remove&client=203.0.113.0/24&reason="))
        #expect(try site.auditCount() == 6)
        let trail = try site.page("audit")
        for text in ["data limited to 70", "data limited to 80", "remove", "reset", "exempt", "203.0.113.0/24"] {
            #expect(trail.contains(text), "\(text)")
        }
        #expect(try site.page("audit.csv").contains("ann,dashboard,reset,api_key=a,r,"))
    }

    @Test("a request is refused without a login, a right, a token or the own origin, and by GET")
    func refusals() throws {
        let site = try ConsoleSite(redis: false, limiters: 1)
        let stranger = try ConsoleSite(redis: false, limiters: 1, operators: "bob")
        let button = try #require(try site.button(Self.ban))
        let own = ConsoleSite.own

        // Without a login, even from this machine.
        let open = try site.client.send(
            "POST", "/limits/\(button)", headers: ["Sec-Fetch-Site": "same-origin"], body: [])
        #expect(open.status == 403)
        #expect(open.text.contains("Only operators who have logged in may act."))
        #expect(try site.client.send("POST", "/private/\(button)", body: []).status == 401)
        // Without the right: there is no button, and a request with one is refused.
        #expect(try stranger.button(Self.ban) == nil)
        #expect(try stranger.page(Filter.address("confirm", Self.ban.fields)).contains("The user ann may not act."))
        #expect(try stranger.post(button).text.contains("The user ann may not act."))
        // By GET.
        let get = try site.client.get("/private/\(button)", headers: own)
        #expect(get.status == 405)
        #expect(get["Allow"] == "POST")
        // From another origin, or from nobody knows where.
        for (name, value) in [
            ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Site", "none"),
            ("Origin", "http://evil.example"), ("Origin", "null"), ("X-Nothing", ""),
        ] {
            let answer = try site.post(button, ["Authorization": DashboardSite.login, name: value])
            #expect(answer.status == 403, "\(name): \(value)")
            #expect(answer.text.contains("does not come from a page of this dashboard"), "\(name): \(value)")
        }
        // Without a token, with a wrong one, with that of another action, or too late.
        let bare = Filter.address("act", Self.ban.fields)
        let later = button.replacing(#/expires=(\d+)/#) { "expires=\(Int($0.output.1).map { $0 + 1 } ?? 0)" }
        for address in [
            bare, bare + "&expires=99999999999&token=" + String(repeating: "0", count: 64), later,
            button.replacing("client=api_key%3Da", with: "client=api_key%3Db"),
            button.replacing("for=10s", with: "for=1h"),
            button.replacing("do=ban", with: "do=exempt"), String(button.dropLast()),
        ] {
            let answer = try site.post(address)
            #expect(answer.status == 403, "\(address)")
            #expect(answer.text.contains("This confirmation is not valid any more."), "\(address)")
        }
        #expect(try site.auditCount() == 0)
        #expect(try stranger.auditCount() == 0)
        #expect(try site.page("overrides").contains("No override is in force."))
        // An older browser names the origin only.
        #expect(
            try site.post(button, ["Authorization": DashboardSite.login, "Origin": "http://localhost"]).status == 303)
    }

    @Test("a token is the user's, and ends")
    func tokens() throws {
        let token = ActionToken(HMAC(key: Array("key".utf8)))
        let now = Moment(seconds: 1_000_000)
        func fields(_ action: ConsoleAction, user: String) -> [String: String] {
            Dictionary(
                uniqueKeysWithValues: token.query(action, user: user, now: now).compactMap { field in
                    field.value.map { (field.name, $0) }
                })
        }
        let made = fields(Self.ban, user: "ann")
        try token.check(made, Self.ban, user: "ann", now: now.adding(599))
        #expect(throws: Problem.self) { try token.check(made, Self.ban, user: "ann", now: now.adding(600)) }
        #expect(throws: Problem.self) { try token.check(made, Self.ban, user: "bob", now: now) }
        let other = ActionToken(HMAC(key: Array("other".utf8)))
        #expect(throws: Problem.self) { try other.check(made, Self.ban, user: "ann", now: now) }
    }

    @Test("without a login the console reads, and offers the command")
    func reads() throws {
        let site = try ConsoleSite(redis: false, limiters: 1)
        let overrides = try site.client.get("/limits/overrides").text
        #expect(overrides.contains("Only operators who have logged in may act."))
        let confirm = try site.client.get("/limits/" + Filter.address("confirm", Self.ban.fields)).text
        #expect(!confirm.contains("method=\"post\""))
        #expect(confirm.contains("fcgi-limiter ban api_key=a --for 10s --reason &#39;too fast&#39;"))
        #expect(confirm.contains("All requests of api_key=a are answered with 403."))
    }

    @Test(
        "a hostile text in each field is text",
        arguments: [
            "<script>alert(1)</script>", "\"onmouseover='alert(1)", "'; drop table limiter.audit; --", "a\u{202E}b",
        ])
    func hostile(text: String) throws {
        let site = try ConsoleSite(redis: false, limiters: 1)
        for field in ["do", "client", "policy", "limit", "for", "reason", "token", "expires", "done"] {
            var fields = Dictionary(
                uniqueKeysWithValues: ConsoleAction(
                    .limit, client: "api_key=a", policy: "data", limit: 7, seconds: 60, reason: "r"
                ).fields.map { ($0.name, $0.value ?? "") })
            fields[field] = text
            for page in ["confirm", "overrides", "audit", "act"] {
                let address = Filter.address(page, fields.map { ($0.key, $0.value) })
                let shown = try page == "act" ? site.post(address).text : site.page(address)
                #expect(!shown.contains("<script>alert"), "\(field) on \(page)")
                #expect(!shown.contains("\"onmouseover"), "\(field) on \(page)")
            }
        }
        #expect(try site.auditCount() == 0)
        // As a client's name it can be acted on, and stays text in the list and in the trail.
        let action = ConsoleAction(
            .ban, client: "api_key=\(text)", seconds: 60, reason: text.filter { $0 != "\u{202E}" })
        #expect(try site.post(try #require(try site.button(action))).status == 303)
        for page in ["overrides", "overrides?done=1", "audit"] {
            let shown = try site.page(page)
            #expect(!shown.contains("<script>alert"), "\(page)")
            #expect(!shown.contains("\"onmouseover"), "\(page)")
        }
        #expect(try site.statuses(key: text.filter { $0 != "\u{202E}" }).isSubset(of: [200, 403]))
        #expect(try site.auditCount() == 1)
    }

    @Test("nothing is done while the database takes no row")
    func databaseDown() throws {
        let site = try ConsoleSite(redis: false, limiters: 1)
        let button = try #require(try site.button(Self.ban))
        site.postgres.stop()
        #expect(try site.post(button).status == 503)
        #expect(try site.page("overrides").contains("No override is in force."))
    }
}

@Suite("Acting in a browser")
struct ActingBrowserTests {
    @Test("an operator bans a client, sees it, and undoes it")
    func act() throws {
        let site = try ConsoleSite(redis: false, limiters: 1)
        let browser = try Browser(scheme: .light)
        let address = site.site.address("overrides?client=api_key%3Da", below: "private")
            .replacing("http://", with: "http://ann:secret@")
        try browser.resize(width: 1_280, height: 900)
        try browser.open(address)
        _ = try browser.run(
            "document.querySelector('#act [name=reason]').value = 'too fast'; document.querySelector('#act button').click()"
        )
        #expect(
            try waitUntil(every: 50) {
                try browser.run("return document.querySelector('#confirm') !== null") as? Bool == true
            })
        try Screenshots.keep(browser.screenshot(), "console-confirm-1280")
        _ = try browser.run("document.querySelector('#confirm button').click()")
        #expect(
            try waitUntil(every: 50) {
                try browser.run("return document.querySelector('#done') !== null") as? Bool == true
            })
        try Screenshots.keep(browser.screenshot(), "console-done-1280")
        #expect(try waitUntil(every: 20) { try site.statuses(key: "a") == [403] })
        _ = try browser.run("document.querySelector('#done a').click()")
        #expect(
            try waitUntil(every: 50) {
                try browser.run("return document.querySelector('#confirm') !== null") as? Bool == true
            })
        _ = try browser.run("document.querySelector('#confirm button').click()")
        #expect(try waitUntil(every: 20) { try site.statuses(key: "a") == [200] })
        #expect(try site.auditCount() == 2)
        #expect(try browser.consoleLines() == [])
    }
}
