import Cases
import Limiters
import Servers
import Testing

@testable import Stores

@Suite("What Redis keeps")
struct RedisStateTests {
    let server: RedisServer
    let store: RedisStore

    init() throws {
        server = try RedisServer()
        store = RedisStore(RedisLocation(.unix(path: server.socket)), deadlines: .patient)
    }

    @Test(
        "a key lives as long as its state counts, and no key lives forever",
        arguments: [
            (10, 10, .slidingWindow),
            (1, 1, .slidingWindow),
            // A day's window above 1,024 units keeps its last grain to the end: 84 s more.
            (5_000, 86_400, .slidingWindow),
            (1_000_000_000, 31_622_400, .slidingWindow),
            (10, 10, .tokenBucket),
            (1, 86_400, .tokenBucket),
            (1_000_000, 86_400, .tokenBucket),
        ] as [(Int64, Int64, Algorithm)])
    func timeToLive(_ limit: Int64, _ seconds: Int64, _ algorithm: Algorithm) throws {
        let quota = try Quota(limit: limit, window: seconds * 1_000_000, algorithm: algorithm)
        let entry = Charge.Entry(try Policy(name: "p", quota: quota), for: Identity("client", "a".utf8))
        let start = ContinuousClock.now
        // A lifetime has a slack of ten seconds, within which it is not set again.
        let slack: Microseconds = 10_000_000
        // Each further admission changes an existing state.
        for cost in [1, max(1, limit / 3), max(1, limit / 10), max(1, limit / 10)] {
            let verdict = try #require(try store.charge([Charge(cost: cost, [entry])]).first)
            let left = try #require(Int64(try server.command("PTTL", entry.key.name)))
            let passed = Int64((ContinuousClock.now - start) / .microseconds(1))
            #expect(left * 1_000 >= verdict.decisions[0].resetAfter - passed - 1_000)
            // Lifetimes are set rounded up, and read by a clock that is rounded down: a millisecond each.
            #expect(left * 1_000 <= verdict.decisions[0].resetAfter + slack + 2_000)
            if algorithm == .slidingWindow { #expect(left * 1_000 >= quota.window - passed - 1_000) }
        }
    }

    @Test("a request that takes nothing leaves no key: a peek, and an impossible cost")
    func noKey() throws {
        let entries = try Algorithm.allCases.map { try entry(limit: 5, $0) }
        _ = try store.charge(entries.flatMap { [Charge(cost: 0, [$0]), Charge(cost: 6, [$0])] })
        _ = try store.charge([Charge(cost: 6, entries)])
        #expect(try server.command("DBSIZE") == "0")
    }

    @Test("whatever stands under a key, a decision stays within the quota's bounds or is an error")
    func foreignValues() throws {
        let extremes = ["-9223372036854775808", "-1", "0", "9223372036854775807", "1e300", "nan", "x"]
        let bucket = try entry(limit: 5, .tokenBucket)
        let window = try entry(limit: 5, .slidingWindow)
        func expectBounded(_ entry: Charge.Entry, _ what: String) {
            guard let decisions = try? store.charge([Charge([entry, bucket])])[0].decisions else { return }
            for decision in decisions {
                #expect((0...5).contains(decision.remaining), "\(what)")
                #expect((0...4 * entry.policy.quota.window).contains(decision.resetAfter), "\(what)")
                #expect((0...4 * entry.policy.quota.window).contains(decision.retryAfter ?? 0), "\(what)")
            }
        }
        for value in extremes {
            try server.command("SET", bucket.key.name, value)
            expectBounded(window, "bucket \(value)")
            try server.command("DEL", bucket.key.name)
            try server.command("SET", window.key.name, String(repeating: value, count: 40))
            expectBounded(window, "log \(value)")
        }
        var random = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            let numbers = (0..<14).map { _ in
                let near = Int64.random(in: 0...3, using: &random)
                let number: Int64 = [near, 1_795_466_916_000_000 + near, 1 << 53][Int.random(in: 0...2, using: &random)]
                return "\(number)"
            }
            let form = ">I2I2I2I6I7I6" + String(repeating: "I7I6", count: 4)
            let script = """
                return redis.call('SET', KEYS[1], struct.pack('\(form)', \(numbers.joined(separator: ", "))))
                """
            try server.command("EVAL", script, "1", window.key.name)
            expectBounded(window, "log \(numbers)")
        }
    }

    @Test("a refused request leaves the time to live as it was")
    func refusedKeepsTimeToLive() throws {
        let entry = try entry(limit: 1, .slidingWindow)
        _ = try store.charge([Charge([entry])])
        try server.command("PEXPIRE", entry.key.name, "5000")
        #expect(try store.charge([Charge([entry])])[0].isAllowed == false)
        #expect(try #require(Int(try server.command("PTTL", entry.key.name))) <= 5_000)
    }

    @Test("a list, which earlier versions kept, counts as no admission and gives way to a log")
    func list() throws {
        let (bucket, window) = (try entry(limit: 5, .tokenBucket), try entry(limit: 5, .slidingWindow))
        try server.command("RPUSH", window.key.name, "0", "1795466916123456", "5")
        let taken = Decision(admission: .allowed, limit: 5, remaining: 0, resetAfter: 60_000_000)
        let refund = try #require(Refund(window, by: taken, now: 1_795_466_916_123_456))
        #expect(try store.refund([refund], clock: nil) == 0)
        let peek = Charge(cost: 0, [bucket, window])
        #expect(try store.charge([peek])[0].decisions.map(\.remaining) == [5, 5])
        #expect(try server.command("TYPE", window.key.name) == "list")
        #expect(try store.charge([Charge([bucket, window])])[0].decisions.map(\.remaining) == [4, 4])
        #expect(try server.command("TYPE", window.key.name) == "string")
        #expect(try store.charge([peek])[0].decisions[1].remaining == 4)
    }

    @Test("times are written with every digit")
    func digits() throws {
        let (bucket, window) = (try entry(limit: 5, .tokenBucket), try entry(limit: 5, .slidingWindow))
        // Fifteen digits are all that Lua's own tostring would keep.
        _ = try store.charge([Charge([bucket, window])], clock: 1_795_466_916_123_457)
        #expect(try server.command("GET", bucket.key.name) == "1795466928123457")
        #expect(try head(of: window.key) == "0\n0\n0\n0\n1795466916123457\n1\n26")
    }

    @Test("a window of 300 admissions takes at most a fifth of a sorted set's memory")
    func memory() throws {
        let entry = try entry(limit: 300, .slidingWindow)
        for number in 0..<300 as Range<Int64> {
            let moment = 1_795_466_916_123_457 + number * 137_503
            #expect(try store.charge([Charge([entry])], clock: moment)[0].isAllowed)
            try server.command("ZADD", "peer", "\(moment)", "\(moment)-\(number)")
        }
        let ours = try #require(Int(try server.command("MEMORY", "USAGE", entry.key.name, "SAMPLES", "0")))
        let peer = try #require(Int(try server.command("MEMORY", "USAGE", "peer", "SAMPLES", "0")))
        #expect(try head(of: entry.key).hasPrefix("0\n299\n"))
        #expect(5 * ours <= peer, "\(ours) bytes, and \(peer) of the sorted set")
    }

    @Test("a log stays below 1,025 pairs and a little room, whatever was admitted")
    func bounded() throws {
        let quota = try Quota(limit: 1_000_000, window: 3_600_000_000, algorithm: .slidingWindow)
        let entry = Charge.Entry(try Policy(name: "p", quota: quota), for: Identity("client", "a".utf8))
        // A window and a half, with two admissions in each of its 1,024 grains.
        for number in 0..<3_072 as Range<Int64> {
            _ = try store.charge([Charge([entry])], clock: 1_795_466_916_123_457 + number * 1_757_000)
        }
        let length = try #require(Int(try server.command("STRLEN", entry.key.name)))
        // 13 bytes each.
        #expect((13_000...13_800).contains(length))
    }

    @Test("a script that the server has forgotten is sent again and counts once")
    func scriptFlush() throws {
        let entry = try entry(limit: 10, .slidingWindow)
        for remaining in (0..<10).reversed() as [Int64] {
            try server.command("SCRIPT", "FLUSH", "SYNC")
            #expect(try store.charge([Charge([entry])])[0].decisions[0].remaining == remaining)
        }
        #expect(try store.charge([Charge([entry])])[0].isAllowed == false)
        // EVAL runs after each flush but the first, which came before the store connected; connecting runs EVAL once.
        #expect(try server.command("INFO", "commandstats").contains("cmdstat_eval:calls=10,"))
    }

    @Test("an error other than a forgotten script is not tried again")
    func noSecondTry() throws {
        try server.command("CONFIG", "SET", "maxmemory", "1")
        let error = #expect(throws: StoreError.self) { try store.charge([Charge([entry(limit: 1, .tokenBucket)])]) }
        #expect(error?.kind == .full)
        // Except for the script that checks the user's rights.
        #expect(try server.command("INFO", "commandstats").contains("cmdstat_eval:calls=1,"))
    }

    /// The numbers at the head of a log, a line each.
    private func head(of key: Key) throws -> String {
        try server.command(
            "EVAL", "return { struct.unpack('>I2I2I2I6I7I6', redis.call('GET', KEYS[1])) }", "1", key.name)
    }

    private func entry(limit: Int64, _ algorithm: Algorithm) throws -> Charge.Entry {
        let quota = try Quota(limit: limit, window: 60_000_000, algorithm: algorithm)
        return Charge.Entry(try Policy(name: "p", quota: quota), for: Identity("client", "a".utf8))
    }
}

extension Key {
    /// The key as `redis-cli` accepts it.
    var name: String { String(decoding: bytes, as: UTF8.self) }
}
