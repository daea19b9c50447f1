import Foundation
import Servers
import Testing

@Suite("Limits that several processes share")
struct SharedLimitTests {
    @Test(
        "8 client processes that hammer one key over three windows are admitted exactly 10 times in each",
        arguments: [(StoreKind.redis, 2), (.embedded, 3)])
    func threeWindows(store: StoreKind, limiters: Int) async throws {
        // Real time counts here, and tests that compute may occupy all threads that tests share.
        try await onThreadOfItsOwn { try hammerThreeWindows(store, limiters) }
    }

    private func hammerThreeWindows(_ store: StoreKind, _ limiters: Int) throws {
        let site = try Site(store, limiters: limiters)
        var edges = Date.now...Date.now
        for window in 1...3 {
            // From a second before the first admission leaves the window until after the last one has left.
            while edges.lowerBound.timeIntervalSinceNow > 1 { Thread.sleep(forTimeInterval: 0.05) }
            let seconds = Int(edges.upperBound.timeIntervalSinceNow.rounded(.up)) + 2
            let admitted = try hammer(site, seconds: seconds)
            #expect(admitted == 10, "window \(window) with \(store)")

            let refused = try site.client().get("/api/data", headers: ["X-API-Key": "hammered"])
            #expect(refused.status == 429)
            let wait = try #require(refused["Retry-After"].flatMap { Double($0) })
            let reset = try #require(refused["X-RateLimit-Reset"].flatMap { Double($0) })
            // Both are rounded up to a whole second.
            edges =
                Date(
                    timeIntervalSinceNow: wait - 1)...max(
                    Date(timeIntervalSinceNow: wait), Date(timeIntervalSince1970: reset))
        }
    }

    /// How many requests of 8 client processes are admitted.
    private func hammer(_ site: Site, seconds: Int) throws -> Int {
        let loads = try (0..<8).map { _ in
            try WrkProcess(site.url("/api/data"), key: "hammered", clients: 4, seconds: seconds)
        }
        var admitted = 0
        for load in loads {
            var outcome: WrkProcess.Outcome?
            while outcome == nil {
                Thread.sleep(forTimeInterval: 0.02)
                outcome = try load.outcome()
            }
            guard let outcome else { continue }
            #expect(outcome.answers > 10)
            admitted += outcome.answers - outcome.refusals
        }
        return admitted
    }

    @Test(
        "each of many keys is admitted exactly 10 times, whichever process answers",
        arguments: [(StoreKind.redis, 2), (.embedded, 3)])
    func manyKeys(store: StoreKind, limiters: Int) throws {
        let site = try Site(store, limiters: limiters, flags: ["--loops", "2"])
        // Three clients go through the same keys, each as fast as it can.
        let hammer = Hammer(site.nginx, target: "/api/data", clients: 3) { "key \($0 / 12)" }
        #expect(hammer.waitForMore(3_000))
        let hits = hammer.stop()
        #expect(Set(hits.statuses.keys) == [200, 429])
        // The last keys may not have had all their requests.
        let counted = hits.admitted.filter { key, _ in
            hits.reduce(0) { $0 + ($1.key.key == key ? $1.value : 0) } == 36
        }
        #expect(counted.count > 50)
        #expect(counted.values.allSatisfy { $0 == 10 })
        #expect(hits.admitted.values.allSatisfy { $0 <= 10 })
        // Each process had a part of the requests.
        for limiter in site.limiters {
            let metrics = try NginxServer(limiter).client().get("/metrics").json()
            #expect(try #require(metrics["total"] as? Int) > 100)
        }
    }

    @Test("the limits of an embedded store outlive all its processes")
    func restart() throws {
        let site = try Site(.embedded, limiters: 2)
        #expect(try site.statuses(4, key: "a") == [200, 200, 200, 200])
        for limiter in site.limiters { limiter.send(SIGTERM) }
        for limiter in site.limiters { #expect(limiter.waitForEnd(deadline: 30) == 0) }
        for limiter in site.limiters { try limiter.restart() }
        let other = try NginxServer(site.limiters).client()
        #expect(try other.get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Remaining"] == "5")
    }
}

/// Runs `body` on a thread of its own.
private func onThreadOfItsOwn(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        Thread { continuation.resume(with: Result { try body() }) }.start()
    }
}
