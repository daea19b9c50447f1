import Foundation
import Servers
import Testing

@Suite("Exact totals")
struct ExactnessTests {
    @Test("under load, while PostgreSQL is down for a while and a limiter is replaced, each request counts once")
    func exact() throws {
        let site = try RecordedSite(limiters: 2)
        let wrk = try load(site)
        site.database.stop()
        #expect(try waitUntil { try site.spooledRequests() > 0 })
        let back = Date(timeIntervalSinceNow: Double(Self.seconds) / 2)
        site.limiters[0].send(SIGTERM)
        #expect(site.limiters[0].waitForEnd(deadline: 10) == 0)
        try site.limiters[0].restart()
        while Date() < back { usleep(10_000) }
        try site.database.start()
        try expectExactTotals(wrk, site)
    }

    @Test("under load, through a PgBouncer that is killed again and again, each request counts once")
    func exactThroughPgBouncer() throws {
        let site = try RecordedSite(limiters: 2, pooled: true)
        let wrk = try load(site)
        for _ in 0..<4 {
            let before = site.requests
            try site.bouncer?.restart()
            // On a slow machine the last request may have been counted before.
            #expect(waitUntil { site.requests > before || before == Self.requests })
        }
        try expectExactTotals(wrk, site)
    }

    private static let requests = Int(ProcessInfo.processInfo.environment["EXACT_REQUESTS"] ?? "") ?? 8_000
    private static let seconds = Int(ProcessInfo.processInfo.environment["EXACT_SECONDS"] ?? "") ?? 10

    /// Starts the requests, and waits until the first ones are in the database.
    private func load(_ site: RecordedSite) throws -> WrkProcess {
        let wrk = try WrkProcess(
            "http://127.0.0.1:\(site.nginx.port)/api/data", requestsOfEach: Self.requests / 8, seconds: Self.seconds,
            pace: Self.seconds * 1_000 * 8 / Self.requests / 4)
        #expect(waitUntil { site.requests > 0 })
        return wrk
    }

    /// Waits for the last request, and compares what clients saw with what the database has.
    private func expectExactTotals(_ wrk: WrkProcess, _ site: RecordedSite) throws {
        let end = Date(timeIntervalSinceNow: Double(Self.seconds) * 2 + 30)
        while try wrk.outcome() == nil, Date() < end { usleep(10_000) }
        let outcome = try #require(try wrk.outcome())
        #expect(!outcome.hasErrors)
        #expect(outcome.answers == Self.requests)
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
