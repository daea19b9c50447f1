import Foundation
import Servers
import Testing

@Suite("Exact totals")
struct ExactnessTests {
    @Test("under load, while PostgreSQL is down for a while and a limiter is replaced, each request counts once")
    func exact() throws {
        let site = try RecordedSite(limiters: 2)
        let requests = Int(ProcessInfo.processInfo.environment["EXACT_REQUESTS"] ?? "") ?? 8_000
        let seconds = Int(ProcessInfo.processInfo.environment["EXACT_SECONDS"] ?? "") ?? 10
        let wrk = try WrkProcess(
            "http://127.0.0.1:\(site.nginx.port)/api/data", requestsOfEach: requests / 8, seconds: seconds,
            pace: seconds * 1_000 * 8 / requests / 4)
        #expect(waitUntil { site.requests > 0 })
        site.database.stop()
        #expect(try waitUntil { try site.spooledRequests() > 0 })
        let back = Date(timeIntervalSinceNow: Double(seconds) / 2)
        site.limiters[0].send(SIGTERM)
        #expect(site.limiters[0].waitForEnd(deadline: 10) == 0)
        try site.limiters[0].restart()
        while Date() < back { usleep(10_000) }
        try site.database.start()
        let end = Date(timeIntervalSinceNow: Double(seconds) * 2 + 30)
        while try wrk.outcome() == nil, Date() < end { usleep(10_000) }
        let outcome = try #require(try wrk.outcome())
        #expect(!outcome.hasErrors)
        #expect(outcome.answers == requests)
        #expect(waitUntil { site.requests == outcome.answers })
        let count = { (outcome: String) in
            site.number("select coalesce(sum(requests), 0) from limiter.decisions_1h where outcome = '\(outcome)'")
        }
        #expect(count("blocked") == outcome.refusals)
        #expect(count("allowed") == outcome.answers - outcome.refusals)
        #expect(site.number("select sum(allowed + blocked) from limiter.clients_1d") == outcome.answers)
        #expect(
            site.limiters.flatMap { $0.logLines("error") }.allSatisfy {
                $0.contains("until PostgreSQL accepts them")
            })
    }
}
