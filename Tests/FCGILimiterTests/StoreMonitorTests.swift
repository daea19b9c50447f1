import Glibc
import Limiters
import Logging
import Servers
import Stores
import Testing

@testable import FCGILimiter

@Suite("Stores that a watch hands to event loops")
struct StoreMonitorTests {
    private static let deadlines = RedisDeadlines(connect: 10_000_000, command: 10_000_000)

    init() {
        // As the program does: hiredis writes to connections that the server has closed.
        signal(SIGPIPE, SIG_IGN)
    }

    /// A watch over a Redis, for as many loops, that has begun.
    private func watch(_ redis: RedisServer, loops: Int) throws -> StoreMonitor {
        let location = try StoreLocation("redis+unix:\(redis.socket)")
        let watch = StoreMonitor(
            "\(location)", CircuitBreaker.Thresholds(slow: 5_000_000), loops: loops, meanwhile: "",
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            openStore: try location.opener(deadlines: Self.deadlines))
        try watch.start()
        return watch
    }

    /// Asks the store that a loop holds, as the loop does.
    private func ask(_ watch: StoreMonitor, _ held: inout StoreMonitor.Spare?) throws {
        let spare = try #require(held)
        do throws(StoreError) {
            try spare.store.check()
            watch.succeeded(spare, took: 1)
        } catch {
            held = nil
            watch.failed(spare, error)
        }
    }

    @Test("each loop has its own from the start, without a wait")
    func start() throws {
        let redis = try RedisServer()
        let watch = try watch(redis, loops: 3)
        var held: [StoreMonitor.Spare?] = [nil, nil, nil]
        for loop in held.indices {
            #expect(watch.admits(&held[loop]))
            try ask(watch, &held[loop])
        }
        #expect(Set(held.map { $0.map { ObjectIdentifier($0.store) } }).count == 3)
        var fourth: StoreMonitor.Spare?
        #expect(!watch.admits(&fourth))
    }

    @Test("when one fails none is asked; when the store is back one loop tries a new one, and then all have new ones")
    func failure() throws {
        let redis = try RedisServer()
        let watch = try watch(redis, loops: 2)
        var (one, other): (StoreMonitor.Spare?, StoreMonitor.Spare?)
        #expect(watch.admits(&one))
        #expect(watch.admits(&other))
        redis.send(SIGKILL)
        try ask(watch, &one)
        #expect(watch.breaker.state == .open)
        #expect(!watch.admits(&one))
        #expect(!watch.admits(&other))
        // Its connection is from before.
        #expect(other == nil)

        try redis.restart()
        #expect(waitUntil { watch.breaker.state == .halfOpen })
        #expect(watch.admits(&other))
        #expect(!watch.admits(&one))
        #expect(!watch.admits(&other))
        try ask(watch, &other)
        #expect(watch.breaker.state == .closed)
        #expect(watch.breaker.openings == 1)
        #expect(waitUntil { watch.admits(&one) })
        try ask(watch, &one)
        #expect(watch.admits(&other))
        #expect(watch.breaker.entries(into: .open) == 1)
    }

    @Test("what comes late of a store from before the last opening changes nothing")
    func late() throws {
        let redis = try RedisServer()
        let watch = try watch(redis, loops: 2)
        var (one, other): (StoreMonitor.Spare?, StoreMonitor.Spare?)
        #expect(watch.admits(&one))
        #expect(watch.admits(&other))
        let stale = try #require(other)
        redis.send(SIGKILL)
        try ask(watch, &one)
        try redis.restart()
        #expect(waitUntil { watch.breaker.state == .halfOpen })
        watch.succeeded(stale, took: 1)
        #expect(watch.breaker.state == .halfOpen)
        watch.failed(stale, StoreError(.unreachable, "late"))
        #expect(watch.breaker.state == .halfOpen)
    }
}
