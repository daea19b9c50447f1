import Foundation
import Servers
import Testing

@Suite("Overrides on running limiters")
struct OverrideLimitTests {
    /// Runs a command on the rules and the store of a site.
    private func run(_ words: String..., on site: Site) throws -> Program.Outcome {
        let outcome = try Program(built: "fcgi-limiter").run(
            words + ["--rules", Template.path("bench/limits.yaml"), "--store", site.store])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome
    }

    /// The statuses of one request to each limiter, asked directly.
    private func statuses(_ clients: [HTTPClient], key: String) throws -> [Int] {
        try clients.map { try $0.get("/api/data", headers: ["X-API-Key": key]).status }
    }

    /// Waits until all limiters answer with a status, and returns how long that took in seconds.
    @discardableResult
    private func seconds(until status: Int, _ clients: [HTTPClient], key: String) throws -> Double {
        let began = Date.now
        #expect(try waitUntil(every: 10) { try Set(statuses(clients, key: key)) == [status] })
        return Date.now.timeIntervalSince(began)
    }

    @Test(
        "a ban holds on all limiters, outlives restarts, and is gone at its end",
        arguments: [(StoreKind.redis, 2), (.embedded, 3)])
    func ban(store: StoreKind, limiters: Int) throws {
        let site = try Site(store, limiters: limiters)
        let fronts = try site.limiters.map { try NginxServer($0) }
        let clients = fronts.map { $0.client() }
        #expect(try statuses(clients, key: "a") == Array(repeating: 200, count: limiters))

        let banned = try run("ban", "api_key=a", "--for", "20s", "--reason", "a test", on: site)
        let end = Date.now.addingTimeInterval(20)
        #expect(banned.text.contains(": banned until "))
        let time = try seconds(until: 403, clients, key: "a")
        print("\(store): \(limiters) limiters refuse after \(time) s")
        #expect(Set(try statuses(clients, key: "b")) == [200])

        for limiter in site.limiters { limiter.send(SIGTERM) }
        for limiter in site.limiters { #expect(limiter.waitForEnd(deadline: 30) == 0) }
        for limiter in site.limiters { try limiter.restart() }
        let again = fronts.map { $0.client() }
        // The first request after the start is refused already.
        #expect(Set(try statuses(again, key: "a")) == [403])
        #expect(try waitUntil(every: 10) { try statuses(again, key: "a").contains { $0 != 403 } })
        let late = Date.now.timeIntervalSince(end)
        print("\(store): requests pass \(late) s after the end")
        // The end is by the store's clock, and both processes round their times.
        #expect(late > -0.5)
        #expect(try Set(statuses(again, key: "a")).isDisjoint(with: [403]))
    }

    @Test("another limit counts what was used, and ends with the override", arguments: StoreKind.allCases)
    func limit(store: StoreKind) throws {
        let site = try Site(store, limiters: 2)
        #expect(Set(try site.statuses(10, key: "a")) == [200])
        #expect(try site.statuses(1, key: "a") == [429])
        _ = try run("override", "set", "api_key=a", "data", "--limit", "15", "--for", "1h", "--reason", "r", on: site)
        let clients = try site.limiters.map { try NginxServer($0).client() }
        func limits() throws -> Set<String?> {
            Set(try clients.map { try $0.get("/api/data", headers: ["X-API-Key": "a"])["X-RateLimit-Limit"] })
        }
        #expect(try waitUntil(every: 50) { try limits() == ["15"] })
        // The 10 that were used before count.
        #expect(try waitUntil { try site.statuses(1, key: "a") == [429] })
        let peeked = try run("peek", "api_key=a", on: site)
        #expect(peeked.text.contains("data: 0 of 15 left"))
        _ = try run("override", "remove", "api_key=a", "data", on: site)
        #expect(try waitUntil(every: 50) { try limits() == ["10"] })
    }

    @Test("a network's ban and an exemption apply to its addresses", arguments: StoreKind.allCases)
    func network(store: StoreKind) throws {
        let site = try Site(store, limiters: 2)
        let clients = try site.limiters.map { try NginxServer($0).client() }
        _ = try run("ban", "127.0.0.0/8", "--for", "1h", "--reason", "r", on: site)
        try seconds(until: 403, clients, key: "a")
        _ = try run("exempt", "127.0.0.1", "--for", "1h", "--reason", "r", on: site)
        try seconds(until: 200, clients, key: "a")
        // Nothing is counted.
        #expect(Set(try site.statuses(12, key: "a")) == [200])
        func inForce() throws -> [String] {
            try clients[0].get("/metrics?format=prometheus").text
                .matches(of: /\nfcgi_limiter_overrides{kind="(\w+)"} (\d+)/).map { "\($0.1) \($0.2)" }
        }
        #expect(try waitUntil { try inForce() == ["ban 1", "exempt 1", "limit 0"] })
        _ = try run("override", "remove", "127.0.0.1", on: site)
        _ = try run("unban", "127.0.0.0/8", on: site)
        #expect(try waitUntil(every: 50) { try statuses(clients, key: "b") == [200, 200] })
        #expect(try waitUntil { try inForce() == ["ban 0", "exempt 0", "limit 0"] })
    }

    @Test("the last known overrides hold while the store is down")
    func storeDown() throws {
        let site = try Site(.redis, limiters: 2)
        let clients = try site.limiters.map { try NginxServer($0).client() }
        _ = try run("ban", "api_key=a", "--for", "1h", "--reason", "r", on: site)
        try seconds(until: 403, clients, key: "a")
        site.redis?.stop()
        #expect(
            try waitUntil(every: 50) {
                try site.limiters.allSatisfy {
                    try !$0.logLines("error").isEmpty || statuses(clients, key: "b").isEmpty
                }
            })
        #expect(try statuses(clients, key: "a") == [403, 403])
        #expect(try statuses(clients, key: "b") == [200, 200])
    }
}
