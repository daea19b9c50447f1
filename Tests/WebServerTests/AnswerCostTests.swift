import Foundation
import Servers
import Testing

@Suite("Costs that answers tell")
struct AnswerCostTests {
    @Test(
        "the cost in an answer is charged afterwards, and the next request waits until the debt is paid",
        arguments: [false, true], ["sliding_window", "token_bucket"])
    func answerCost(onRedis: Bool, algorithm: String) throws {
        let rules = ReportedSite.login.replacing(
            "3 per hour, count_if: { status: [401, 403] }",
            with: "1000 per week, algorithm: \(algorithm), cost: { response_header: X-Cost }")
        let site = try ReportedSite(rules: rules, onRedis: onRedis)
        func spend(_ cost: String, leaves left: Int, key: String = "a") throws {
            #expect(try site.statuses(["/200?cost=\(cost)"], key: key) == [200])
            #expect(try waitUntil { try site.left(key) == "login: \(left) of 1000 left" }, "\(cost)")
        }
        try spend("400", leaves: 600)
        try spend("0", leaves: 600)
        try spend("1", leaves: 599)
        // A cost that is not a number leaves what was charged first.
        for (index, text) in ["", "-5", "1e3", "2.5", "many", "5%205"].enumerated() {
            try spend(text, leaves: 598 - index)
        }
        try spend("900", leaves: 0)
        let refused = try site.client().get("/200?cost=1", headers: ["X-API-Key": "a"])
        #expect(refused.status == 429)
        #expect(refused["X-RateLimit-Remaining"] == "0")
        #expect(Int(refused["Retry-After"] ?? "") ?? 0 > 100_000)
        try spend("99999999999999999999999999", leaves: 0, key: "b")
        #expect(try site.statuses(["/200"], key: "b") == [429])
        #expect(try site.metric(#"reports_total{result="charged"}"#) == 3)
        #expect(try site.metric(#"reports_total{result="refunded"}"#) == 1)
    }

    @Test("the bytes of answers are counted, large limits in tens or hundreds of them")
    func answerBytes() throws {
        for (limit, left) in [("100 kB", "99996 of 100000"), ("20 GB", "199999998 of 200000000")] {
            let rules = ReportedSite.login.replacing(
                "3 per hour, count_if: { status: [401, 403] }", with: "\(limit) per week, cost: response_bytes")
            let site = try ReportedSite(rules: rules)
            // Both answers have two bytes.
            #expect(try site.statuses(["/200", "/200"]) == [200, 200])
            #expect(try waitUntil { try site.left() == "login: \(left) left" }, "\(limit)")
        }
    }

    @Test("parallel requests exceed the limit by what is in flight and by no more, and the debt is what they cost")
    func inFlight() throws {
        let site = try ExportSite([
            "exports": "{ limit: 100 per week, cost: { response_header: X-Cost }, at_first: 10 }"
        ])
        let fronts = [site.site.nginx, site.second]
        let answers = try inThreads(40) { number in
            try fronts[number % 2].client().get("/work?ms=3000&cost=30", headers: ["X-API-Key": "a"])
        }
        // Ten fit, which turn out to cost 300 together.
        #expect(answers.count { $0.status == 200 } == 10)
        #expect(answers.count { $0.status == 429 } == 30)
        #expect(answers.allSatisfy { Int($0["X-RateLimit-Remaining"] ?? "") ?? -1 >= 0 })
        #expect(try site.app.work()["done"] == 10)
        #expect(try waitUntil { try site.site.reports("charged") == 10 })
        #expect(try site.site.left() == "exports: 0 of 100 left")
        for nginx in fronts {
            let refused = try nginx.client().get("/work?ms=0", headers: ["X-API-Key": "a"])
            #expect(refused.status == 429)
            #expect(refused["RateLimit"]?.hasPrefix(#""exports";r=0;"#) == true)
        }
        try site.site.run("override", "set", "api_key=a", "exports", "--limit", "1000", "--for", "1h", "--reason", "r")
        #expect(try site.site.remaining()["exports"] == 700)
    }

    @Test("the next request waits until the debt is paid", arguments: ["sliding_window", "token_bucket"])
    func debt(algorithm: String) throws {
        let site = try ExportSite([
            "exports": "{ limit: 100 per 8 seconds, algorithm: \(algorithm), cost: { response_header: X-Cost } }"
        ])
        let client = site.site.client()
        func status() throws -> Int { try client.get("/work?ms=0&cost=1", headers: ["X-API-Key": "a"]).status }
        #expect(try client.get("/work?ms=0&cost=150", headers: ["X-API-Key": "a"]).status == 200)
        #expect(try waitUntil { try site.site.reports("charged") == 1 })
        let refused = try client.get("/work?ms=0&cost=1", headers: ["X-API-Key": "a"])
        let began = ContinuousClock.now
        #expect(refused.status == 429)
        let wait = try #require(Int(refused["Retry-After"] ?? ""))
        // A window owes all for its whole length, and a bucket what it lacks for one unit.
        #expect(algorithm == "token_bucket" ? (4...5).contains(wait) : (7...8).contains(wait))
        #expect(try waitUntil { try status() == 200 })
        // The header rounds up.
        #expect(ContinuousClock.now - began > .seconds(wait - 1))
        #expect(try site.app.work()["done"] == 2)
    }
}
