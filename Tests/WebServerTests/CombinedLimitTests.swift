import Foundation
import Servers
import Testing

/// A limit that depends on the answer; a request takes one unit first, and two if the answer tells the cost.
enum AnswerLimit: String, CaseIterable, Sendable {
    case header, bytes, atOnce

    /// The rules of `units`, which each request meets, with this limit and more keys.
    func rules(_ units: Int, _ more: String = "") -> String {
        """
        plan: variable HTTP_USER_AGENT
        policies:
          units: { limit: \(limit(units)), \(keys)\(more) }
        rules:
          - { count: api_key or address, policies: [units] }

        """
    }

    /// So many units.
    func limit(_ units: Int) -> String { self == .atOnce ? "\(units) at once" : "\(units) per week" }

    /// The other keys of the policy.
    var keys: String {
        switch self {
        case .header: "cost: { response_header: X-Cost }"
        case .bytes: "cost: response_bytes"
        case .atOnce: "lease: 1 hour"
        }
    }

    /// The units that a request keeps when it has ended.
    var kept: Int { self == .atOnce ? 0 : 2 }
}

@Suite("Limits that depend on the answer, combined with what other limits have")
struct CombinedLimitTests {
    /// Two limiters and a site whose answers cost two units; the test passes the reports on.
    private struct Reported {
        let spy: ReportSpy
        let site: ReportedSite

        init(_ rules: String, limiters: Int = 2, store: String? = nil, flags: [String] = []) throws {
            spy = try ReportSpy()
            site = try ReportedSite(rules: rules, limiters: limiters, store: store, flags: flags, reports: spy.port)
        }

        /// The statuses of so many requests, one after another.
        func ask(_ count: Int, _ path: String = "/200", plan: String = "none", key: String = "a") throws -> [Int] {
            let client = site.client()
            return try (0..<count).map { _ in
                try client.get("\(path)?cost=2", headers: ["X-API-Key": key, "User-Agent": plan]).status
            }
        }

        /// Passes on all reports, so many.
        func passOn(_ count: Int) throws {
            for report in try spy.receiveWhole(count) { site.send(report) }
        }

        /// Waits until a client has so many units left.
        func leaves(_ units: Int, _ policy: String = "units", key: String = "a", store: String? = nil) throws -> Bool {
            try waitUntil { try site.remaining(key, store: store)[policy] == units }
        }
    }

    @Test("what another policy refuses takes nothing, and the other way round", arguments: AnswerLimit.allCases)
    func allOrNothing(limit: AnswerLimit) throws {
        let reported = try Reported(
            """
            policies:
              units: { limit: \(limit.limit(100)), \(limit.keys) }
              few: { limit: 2 per week }
              small: { limit: \(limit.limit(1)), \(limit.keys) }
              many: { limit: 100 per week }
            rules:
              - { match: { path: /200 }, count: api_key or address, policies: [units, few] }
              - { match: { path: /200/small }, count: api_key or address, policies: [small, many] }

            """)
        #expect(try reported.ask(3) == [200, 200, 429])
        #expect(try reported.ask(2, "/200/small") == [200, 429])
        #expect(try reported.site.remaining() == ["units": 98, "few": 0, "small": 0, "many": 99])
        try reported.passOn(3)
        #expect(try reported.leaves(100 - 2 * limit.kept))
        #expect(try reported.leaves(limit == .atOnce ? 1 : 0, "small"))
        #expect(try reported.ask(1) == [429])
        #expect(try reported.site.remaining()["units"] == 100 - 2 * limit.kept)
        #expect(try reported.site.metric("receipts_total") == 3)
        #expect(try reported.site.lines(of: "backend.log").count == 3)
    }

    @Test("in shadow nobody is refused, and only what fits is charged", arguments: AnswerLimit.allCases)
    func shadow(limit: AnswerLimit) throws {
        let reported = try Reported(limit.rules(1, ", mode: shadow"))
        #expect(try reported.ask(3) == [200, 200, 200])
        #expect(try reported.site.remaining() == ["units": 0])
        #expect(try reported.site.metric("receipts_total") == 1)
        try reported.passOn(1)
        #expect(try reported.leaves(limit == .atOnce ? 1 : 0))
        #expect(try waitUntil { try reported.site.reports() == 1 })
        #expect(try reported.ask(1) == [200])
        // What is owed keeps others out, as it would in earnest.
        #expect(try reported.site.metric("receipts_total") == (limit == .atOnce ? 2 : 1))
    }

    @Test("each plan has its limit", arguments: AnswerLimit.allCases)
    func plans(limit: AnswerLimit) throws {
        let reported = try Reported(limit.rules(1, ", plans: { gold: \(limit.limit(3)) }"))
        #expect(try reported.ask(4, plan: "gold", key: "g") == [200, 200, 200, 429])
        #expect(try reported.ask(2) == [200, 429])
        try reported.passOn(4)
        #expect(try waitUntil { try reported.site.reports() == 4 })
        let later = limit == .atOnce ? 200 : 429
        #expect(try reported.ask(1, plan: "gold", key: "g") == [later])
        #expect(try reported.ask(1) == [later])
    }

    @Test("another limit of an operator counts what was used and is owed", arguments: AnswerLimit.allCases)
    func override(limit: AnswerLimit) throws {
        let reported = try Reported(limit.rules(3))
        func set(_ units: Int) throws {
            try reported.site.run(
                "override", "set", "api_key=a", "units", "--limit", "\(units)", "--for", "1h", "--reason", "r")
        }
        #expect(try reported.ask(4) == [200, 200, 200, 429])
        try set(4)
        // Limiters read it several times per second.
        #expect(try waitUntil { try reported.ask(1) == [200] })
        #expect(try reported.ask(1) == [429])
        try set(1)
        try reported.passOn(4)
        #expect(try waitUntil { try reported.site.reports() == 4 })
        #expect(try reported.site.remaining() == ["units": limit == .atOnce ? 1 : 0])
        try set(100)
        #expect(try reported.site.remaining() == ["units": 100 - 4 * limit.kept])
        try reported.site.run("override", "remove", "api_key=a")
        #expect(try reported.site.remaining() == ["units": limit == .atOnce ? 3 : 0])
    }

    @Test(
        "while Redis is down the fallback store is charged and corrected, and Redis only for what it has charged",
        arguments: AnswerLimit.allCases)
    func fallback(limit: AnswerLimit) throws {
        let folder = try TemporaryFolder()
        let local = "embedded:\(folder.path("local"))"
        let reported = try Reported(limit.rules(3, ", on_store_failure: local"), flags: ["--local-store", local])
        let redis = try #require(reported.site.redis)
        #expect(try reported.ask(2) == [200, 200])
        redis.stop()
        #expect(try reported.ask(4) == [200, 200, 200, 429])
        try reported.passOn(5)
        // The fallback store is asked at once, and Redis when it is back, empty.
        #expect(try reported.leaves(limit == .atOnce ? 3 : 0, store: local))
        #expect(try reported.ask(1) == [limit == .atOnce ? 200 : 429])
        try redis.restart()
        #expect(try reported.leaves(3))
        #expect(try waitUntil { try reported.site.reports("invalid") == 2 })
        #expect(try reported.site.reports() == 3)
        #expect(try reported.site.remaining() == ["units": 3])
        // Nothing is made up for twice, wherever a report ends up.
        try reported.passOn(5)
        #expect(try waitUntil { try reported.site.reports("repeated") == 3 })
        #expect(try reported.site.remaining() == ["units": 3])
        #expect(try waitUntil { try reported.ask(1) == [200] && reported.site.remaining() == ["units": 2] })
        withExtendedLifetime(folder) {}
    }

    @Test(
        "what was charged before Redis went down is corrected when it is back with its data",
        arguments: AnswerLimit.allCases, ["allow", "deny"])
    func returned(limit: AnswerLimit, answer: String) throws {
        let redis = try RedisServer(options: ["appendonly yes", "appendfsync always"])
        let reported = try Reported(
            limit.rules(3, ", on_store_failure: \(answer)"), limiters: 1, store: "redis+unix:\(redis.socket)")
        #expect(try reported.ask(1) == [200])
        redis.stop()
        try reported.passOn(1)
        #expect(try reported.ask(2) == Array(repeating: answer == "allow" ? 200 : 503, count: 2))
        #expect(try reported.site.metric("receipts_total") == 1)
        try redis.restart()
        #expect(try reported.leaves(3 - limit.kept))
        try reported.passOn(1)
        #expect(try waitUntil { try reported.site.reports("repeated") == 1 })
        #expect(try reported.site.reports(limit == .atOnce ? "refunded" : "charged") == 1)
        #expect(try reported.site.remaining() == ["units": 3 - limit.kept])
    }
}
