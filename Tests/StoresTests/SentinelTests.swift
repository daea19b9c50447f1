import Glibc
import Limiters
import Servers
import Stores
import Testing

@Suite("Redis Sentinel")
struct SentinelTests {
    @Test("a killed master is succeeded by the replica that the Sentinels promote, with its counts")
    func killedMaster() throws {
        let sentinels = try RedisSentinels()
        let store = try open(sentinels.location)
        #expect(try store.charge([charge()])[0].decisions[0].remaining == 9)
        #expect(try sentinels.servers[0].command("DBSIZE") == "1")
        #expect(try waitUntil { try sentinels.servers[1].command("DBSIZE") == "1" })
        sentinels.servers[0].send(SIGKILL)
        #expect(try failure(store).kind == .unreachable)
        #expect(waitUntil { (try? store.charge([charge()])) != nil })
        // The Sentinel that is asked may be the last to know.
        #expect(try waitUntil { try sentinels.master()?.port == sentinels.servers[1].port })
        #expect(try store.charge([charge()])[0].decisions[0].remaining == 7)
        #expect(try sentinels.servers[1].command("KEYS", "*").contains("window:{client=a}:p"))
    }

    @Test("a healthy master that is demoted is left: no client stays on a replica")
    func demotedMaster() throws {
        let sentinels = try RedisSentinels()
        let store = try open(sentinels.location)
        #expect(try store.charge([charge()])[0].decisions[0].remaining == 9)
        try sentinels.failOver()
        // READONLY, or the connection is cut.
        #expect(
            waitUntil {
                _ = try? store.charge([charge()])
                let statistics = try? sentinels.servers[1].command("INFO", "commandstats")
                return statistics?.contains("cmdstat_evalsha") == true
            })
        #expect(waitUntil { (try? store.charge([charge()])) != nil })
    }

    @Test(
        "a server that a Sentinel still names, but that is no longer the master, is not used",
        .enabled(if: !RedisServer.isBeforeSeven, "earlier Sentinels take longer to correct it"))
    func staleName() throws {
        let sentinels = try RedisSentinels()
        // Before the Sentinels correct that.
        try sentinels.servers[0].command("REPLICAOF", "127.0.0.1", "\(try FreePort().number)")
        let error = try failure(open(sentinels.location))
        #expect(error.kind == .refused)
        #expect(
            error.description.contains(
                "127.0.0.1:\(sentinels.servers[0].port), which a Sentinel names, is not a master but a slave"))
        #expect(waitUntil { (try? open(sentinels.location).charge([charge()])) != nil })
    }

    @Test("an unreachable Sentinel is passed over, even one that accepts connections and never answers")
    func sentinelsAway() throws {
        let sentinels = try RedisSentinels()
        sentinels.send(SIGKILL, toSentinel: 0)
        sentinels.send(SIGSTOP, toSentinel: 1)
        let store = try StoreLocation(sentinels.location).open(
            deadlines: RedisDeadlines(connect: 500_000, command: 500_000))
        #expect(try store.charge([charge()])[0].isAllowed)
        sentinels.send(SIGKILL, toSentinel: 1)
        sentinels.send(SIGKILL, toSentinel: 2)
        // An open connection needs no Sentinel.
        #expect(try store.charge([charge()])[0].isAllowed)
        let error = try failure(open(sentinels.location))
        #expect(error.kind == .unreachable)
        #expect(error.description.hasPrefix("\(sentinels.location)/0 has no master now: redis://127.0.0.1:"))
    }

    @Test("a master's name that no Sentinel knows is reported")
    func unknownName() throws {
        let sentinels = try RedisSentinels()
        let error = try failure(open(sentinels.location.replacing("/\(RedisSentinels.name)", with: "/other")))
        #expect(error.kind == .refused)
        #expect(error.description.contains("the Sentinel 127.0.0.1:\(sentinels.ports[0]) watches no master \"other\""))
    }

    @Test("a server that is not a Sentinel is reported")
    func noSentinel() throws {
        let server = try RedisServer(.socketAndPort)
        let error = try failure(open("redis+sentinel://127.0.0.1:\(server.port)/limits"))
        #expect(error.kind == .misconfigured)
        #expect(error.description.contains("answered: ERR unknown command"))
    }

    @Test("a user for the limiter and a password for the Sentinels are enough")
    func credentials() throws {
        let rights = try AccessControlList.rights(password: "redis-secret")
        let sentinels = try RedisSentinels(
            options: ["user limiter \(rights)"], sentinelOptions: ["requirepass sentinel-secret"],
            password: "sentinel-secret")
        let location = sentinels.location.replacing("redis+sentinel://", with: "redis+sentinel://limiter:redis-secret@")
        let store = try open(location + "?sentinel_password=sentinel-secret")
        #expect(try store.charge([charge()])[0].isAllowed)
        try store.check()
        #expect(try store.reset(charge().entries.map(\.key)) == 1)

        for wrong in [location, location + "?sentinel_password=wrong-secret"] {
            let error = try failure(open(wrong))
            #expect(error.kind == .misconfigured)
            #expect(!error.description.contains("secret"))
        }
    }

    private func open(_ location: String) throws -> any Store {
        try StoreLocation(location).open(deadlines: .patient)
    }

    /// Ten per hour.
    private func charge() throws -> Charge {
        let quota = try Quota(limit: 10, window: 3_600_000_000, algorithm: .slidingWindow)
        return Charge([.init(try Policy(name: "p", quota: quota), for: Identity("client", "a".utf8))])
    }

    private func failure(_ store: any Store) throws -> StoreError {
        try #require(#expect(throws: StoreError.self) { try store.charge([charge()]) })
    }
}
