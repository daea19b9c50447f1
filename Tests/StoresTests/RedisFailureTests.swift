import Glibc
import Limiters
import Servers
import Testing

@testable import Stores

@Suite("When Redis fails")
struct RedisFailureTests {
    /// Long enough for a busy machine, and short enough to distinguish a timely answer from none.
    private static let deadlines = RedisDeadlines(connect: 100_000, command: 100_000)

    @Test("if nothing listens on a socket, the error says so")
    func noSocket() throws {
        let folder = try TemporaryFolder()
        let error = try failure(try StoreLocation("redis+unix:\(folder.path("redis.sock"))").open())
        #expect(error.kind == .unreachable)
        #expect(error.description == "redis+unix:\(folder.path("redis.sock"))?db=0: No such file or directory")
    }

    @Test("if nothing listens on a port, the error says so")
    func noPort() throws {
        let port = try FreePort().number
        let error = try failure(try StoreLocation("redis://127.0.0.1:\(port)/2").open())
        #expect(error.kind == .unreachable)
        #expect(error.description == "redis://127.0.0.1:\(port)/2: Connection refused")
    }

    @Test("a host without an address is unreachable")
    func noHost() throws {
        let error = try failure(try StoreLocation("redis://no-such-host.invalid").open())
        #expect(error.kind == .unreachable)
        #expect(error.description.hasPrefix("redis://no-such-host.invalid:6379/0: "))
    }

    @Test("a server that was killed is unreachable, and used again when it is back")
    func killed() throws {
        let server = try RedisServer()
        let store = try open(server)
        #expect(try store.charge([charge()])[0].isAllowed)
        server.send(SIGKILL)
        let error = try failure(store)
        #expect(error.kind == .unreachable)
        #expect(error.description.hasPrefix("redis+unix:\(server.socket)?db=0: "))
        try server.restart()
        // Redis kept nothing, so all ten units are there again.
        #expect(try eventually { try store.charge([charge()])[0].decisions[0].remaining } == 9)
    }

    @Test("a batch that takes longer than the deadline only by its size is decided whole")
    func largeBatch() throws {
        let server = try RedisServer()
        let location = RedisLocation(.unix(path: server.socket))
        let policies = try (1...4).map {
            try Policy(name: "p\($0)", quota: Quota(limit: 10, window: 60_000_000, algorithm: .slidingWindow))
        }
        let patient = RedisStore(location, deadlines: RedisDeadlines(connect: 10_000_000, command: 10_000_000))
        // A machine that is busy only the second time makes an attempt fail.
        let isWhole = try (0..<4).contains { attempt in
            let batch = (0..<16_000).map { client in
                let identity = Identity("client", "\(attempt).\(client)".utf8)
                return Charge(policies.map { Charge.Entry($0, for: identity) })
            }
            _ = try patient.charge([charge()])
            let began = ContinuousClock.now
            #expect(try patient.charge(batch).allSatisfy(\.isAllowed))
            let needed = Int64((ContinuousClock.now - began) / .microseconds(1))
            let store = RedisStore(location, deadlines: RedisDeadlines(connect: 10_000_000, command: needed * 2 / 5))
            _ = try store.charge([charge()])
            return (try? store.charge(batch))?.allSatisfy { $0.decisions[0].remaining == 8 } ?? false
        }
        #expect(isWhole)
    }

    @Test(
        "a server that is stopped for a moment gives an error in time; its late answer is dropped, and it charges once")
    func stopped() throws {
        let server = try RedisServer()
        let store = try open(server)
        #expect(try store.charge([charge(cost: 3)])[0].decisions[0].remaining == 7)
        server.send(SIGSTOP)
        let start = ContinuousClock.now
        let error = try failure(store)
        #expect(error.kind == .late)
        #expect(error.description == "redis+unix:\(server.socket)?db=0 did not answer within 100 ms")
        // Nothing more is sent until the answer has come, and nobody waits for it.
        #expect(try failure(store).kind == .late)
        #expect(ContinuousClock.now - start < .seconds(2))
        server.send(SIGCONT)
        let remaining = try eventually { try store.charge([charge("another client")])[0].decisions[0].remaining }
        #expect(remaining == 9)
        // Of the late batches one was sent, and charged.
        #expect(try store.charge([charge(cost: 0)])[0].decisions[0].remaining == 6)
        #expect(try server.command("INFO", "clients").contains("connected_clients:2"))
    }

    @Test("a server that answers nothing for a second is given up")
    func silent() throws {
        let server = try RedisServer()
        let store = try open(server)
        _ = try store.charge([charge()])
        server.send(SIGSTOP)
        #expect(try failure(store).kind == .late)
        #expect(try waitUntil { try failure(store).kind == .timedOut })
        server.send(SIGCONT)
    }

    @Test("a large batch is sent as scripts with a bounded number of keys")
    func scripts() throws {
        let server = try RedisServer()
        let store = RedisStore(RedisLocation(.unix(path: server.socket)), deadlines: .patient)
        let policies = try (0..<4).map { number in
            try Policy(
                name: "p\(number)", quota: Quota(limit: 10, window: 60_000_000, algorithm: .slidingWindow))
        }
        let batch = (0..<256).map { number in
            Charge(policies.map { .init($0, for: Identity("client", "\(number)".utf8)) })
        }
        #expect(try store.charge(batch).allSatisfy { $0.isAllowed })
        let calls = try server.command("INFO", "commandstats").split(whereSeparator: \.isNewline).first {
            $0.hasPrefix("cmdstat_evalsha:")
        }
        // 1,024 keys, 64 per script.
        #expect(calls?.contains("calls=16,") == true)
    }

    @Test("a server whose queue of connections is full gives an error in time")
    func fullQueue() throws {
        let address = ServerAddress.tcp(port: try FreePort().number)
        let listener = try SilentListener(address, queue: 0)
        // Connections that nobody accepts fill the queue, and the packets of the next one are dropped.
        let waiting = (0..<2).map { _ in address.makeSocket() }
        defer { waiting.forEach { close($0) } }
        for descriptor in waiting {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = address.withAddress { connect(descriptor, $0, $1) }
        }
        guard case .tcp(let port) = address else { return }
        let store = try StoreLocation("redis://127.0.0.1:\(port)").open(deadlines: Self.deadlines)
        let start = ContinuousClock.now
        #expect(try failure(store).kind == .timedOut)
        #expect(ContinuousClock.now - start < .seconds(2))
        withExtendedLifetime(listener) {}
    }

    @Test("a server that is not Redis gives an error")
    func otherServer() throws {
        let server = try RedisServer(options: ["rename-command SCRIPT \"\""])
        let error = try failure(try open(server))
        #expect(error.kind == .misconfigured)
        #expect(error.description.contains("answered: ERR unknown command"))
        #expect(error.description.hasSuffix(": name a Redis server, version 6 or later"))
    }

    @Test("check reports the error that a batch would meet")
    func check() throws {
        let server = try RedisServer()
        let store = try open(server)
        try store.check()
        #expect(try server.command("DBSIZE") == "0")
        server.stop()
        #expect(throws: StoreError.self) { try store.check() }
    }

    private func open(_ server: RedisServer) throws -> any Store {
        try StoreLocation("redis+unix:\(server.socket)").open(deadlines: Self.deadlines)
    }

    /// Ten per minute.
    private func charge(_ client: String = "client", cost: Int64 = 1) throws -> Charge {
        let quota = try Quota(limit: 10, window: 60_000_000, algorithm: .slidingWindow)
        return Charge(cost: cost, [.init(try Policy(name: "p", quota: quota), for: Identity("client", client.utf8))])
    }

    /// The error that a batch meets now.
    private func failure(_ store: any Store) throws -> StoreError {
        try #require(#expect(throws: StoreError.self) { try store.charge([charge()]) })
    }

    /// What `body` returns once it no longer throws.
    private func eventually<Value>(_ body: () throws -> Value) throws -> Value {
        let end = ContinuousClock.now + .seconds(10)
        while true {
            do {
                return try body()
            } catch {
                guard ContinuousClock.now < end else { throw error }
                usleep(10_000)
            }
        }
    }
}
