import Glibc
import Limiters
import Logging
import Servers
import Testing

@testable import Stores

@Suite("The monitor of a remote store")
struct StoreMonitorTests {
    /// A started monitor of a Redis, for as many owners.
    private func monitor(_ redis: RedisServer, owners: Int) throws -> StoreMonitor {
        let location = try StoreLocation("redis+unix:\(redis.socket)")
        let monitor = StoreMonitor(
            "\(location)", owners: owners, meanwhile: "",
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            openStore: try location.opener(deadlines: .patient))
        try monitor.start()
        return monitor
    }

    /// Checks the store that an owner holds, as its session does.
    private func check(_ monitor: StoreMonitor, _ held: inout StoreMonitor.Connected?) throws {
        let connected = try #require(held)
        do throws(StoreError) {
            try connected.store.check()
            monitor.succeeded(connected)
        } catch {
            if !monitor.failed(connected, error) { held = nil }
        }
    }

    @Test("each owner has a store from the start, without a wait")
    func start() throws {
        let redis = try RedisServer()
        let monitor = try monitor(redis, owners: 3)
        var held: [StoreMonitor.Connected?] = [nil, nil, nil]
        for owner in held.indices {
            #expect(monitor.allowance(&held[owner]) == .max)
            try check(monitor, &held[owner])
        }
        #expect(Set(held.map { $0.map { ObjectIdentifier($0.store) } }).count == 3)
        var fourth: StoreMonitor.Connected?
        #expect(monitor.allowance(&fourth) == 0)
    }

    @Test("when one store fails none is asked; when Redis is back, one owner probes, and then all have new stores")
    func failure() throws {
        let redis = try RedisServer()
        let monitor = try monitor(redis, owners: 2)
        var (one, other): (StoreMonitor.Connected?, StoreMonitor.Connected?)
        #expect(monitor.allowance(&one) > 0)
        #expect(monitor.allowance(&other) > 0)
        redis.send(SIGKILL)
        try check(monitor, &one)
        #expect(monitor.breaker.state == .open)
        #expect(monitor.allowance(&one) == 0)
        #expect(monitor.allowance(&other) == 0)
        // The connection is from before.
        #expect(other == nil)

        try redis.restart()
        #expect(waitUntil { monitor.breaker.state == .halfOpen })
        for size in CircuitBreaker.probeSizes {
            #expect(monitor.allowance(&other) == size)
            #expect(monitor.allowance(&one) == 0)
            #expect(monitor.allowance(&other) == 0)
            try check(monitor, &other)
        }
        #expect(monitor.breaker.state == .closed)
        #expect(monitor.breaker.openings == 1)
        #expect(waitUntil { monitor.allowance(&one) == .max })
        try check(monitor, &one)
        #expect(monitor.allowance(&other) == .max)
        #expect(monitor.breaker.entries(into: .open) == 1)
    }

    @Test("a report about a store from before the last opening changes nothing")
    func stale() throws {
        let redis = try RedisServer()
        let monitor = try monitor(redis, owners: 2)
        var (one, other): (StoreMonitor.Connected?, StoreMonitor.Connected?)
        #expect(monitor.allowance(&one) > 0)
        #expect(monitor.allowance(&other) > 0)
        let stale = try #require(other)
        redis.send(SIGKILL)
        try check(monitor, &one)
        try redis.restart()
        #expect(waitUntil { monitor.breaker.state == .halfOpen })
        monitor.succeeded(stale)
        #expect(monitor.breaker.state == .halfOpen)
        #expect(!monitor.failed(stale, StoreError(.unreachable, "stale")))
        #expect(monitor.breaker.state == .halfOpen)
    }

    @Test("an owner keeps a store that is late, and drops one that fails")
    func kept() throws {
        let redis = try RedisServer()
        let monitor = try monitor(redis, owners: 1)
        var held: StoreMonitor.Connected?
        #expect(monitor.allowance(&held) > 0)
        let connected = try #require(held)
        #expect(monitor.failed(connected, StoreError(.late, "late")))
        #expect(monitor.failed(connected, StoreError(.starved, "starved")))
        #expect(monitor.breaker.state == .closed)
        #expect(!monitor.failed(connected, StoreError(.refused, "refused")))
        #expect(monitor.breaker.state == .open)
    }
}
