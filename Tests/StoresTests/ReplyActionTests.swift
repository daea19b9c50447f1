import Glibc
import Limiters
import Servers
import Testing

@testable import Stores

@Suite("The handling of Redis's error replies")
struct ReplyActionTests {
    /// Whether the connection of a failed batch serves the next one.
    enum Connection {
        case kept
        case dropped
    }

    @Test(
        "a server that cannot decide now is a failure, and is used again when it can",
        arguments: [
            (
                "maxmemory", "1", "0", .full, .kept,
                "OOM command not allowed when used memory > 'maxmemory': raise maxmemory"
            ),
            (
                "min-replicas-to-write", "1", "0", .refused, .kept,
                "NOREPLICAS Not enough good replicas to write: the server has fewer replicas than "
                    + "min-replicas-to-write requires"
            ),
        ] as [(String, String, String, StoreError.Kind, Connection, String)])
    func setting(
        _ name: String, _ bad: String, _ good: String, _ kind: StoreError.Kind, _ connection: Connection,
        _ words: String
    ) throws {
        let server = try RedisServer()
        let store = try open(server)
        #expect(try store.charge([charge()])[0].isAllowed)
        let before = try connections(of: server)
        try server.command("CONFIG", "SET", name, bad)
        try expectFailure(store, kind, "redis+unix:\(server.socket)?db=0 answered: \(words)")
        #expect(throws: StoreError.self) { try store.check() }
        try server.command("CONFIG", "SET", name, good)
        #expect(try store.charge([charge()])[0].decisions[0].remaining == 8)
        let isSame = try connections(of: server) == before
        #expect(isSame == (connection == .kept))
    }

    @Test("a replica is dropped and looked up again, and used again as a master")
    func readOnly() throws {
        let server = try RedisServer()
        let store = try open(server)
        #expect(try store.charge([charge()])[0].isAllowed)
        let before = try connections(of: server)
        try server.command("REPLICAOF", "127.0.0.1", "\(try FreePort().number)")
        try expectFailure(
            store, .refused,
            """
            redis+unix:\(server.socket)?db=0 answered: READONLY You can't write against a read only replica: the server \
            is a replica now: name the master, or Sentinels with redis+sentinel://
            """)
        #expect(throws: StoreError.self) { try store.check() }
        try server.command("REPLICAOF", "NO", "ONE")
        #expect(try store.charge([charge()])[0].decisions[0].remaining == 8)
        #expect(try waitUntil { try connections(of: server).isDisjoint(with: before) })
    }

    @Test("a replica that refuses to answer without its master is dropped")
    func masterDown() throws {
        let server = try RedisServer(options: ["replica-serve-stale-data no"])
        let store = try open(server)
        #expect(try store.charge([charge()])[0].isAllowed)
        let before = try connections(of: server)
        try server.command("REPLICAOF", "127.0.0.1", "\(try FreePort().number)")
        try expectFailure(
            store, .refused,
            """
            redis+unix:\(server.socket)?db=0 answered: MASTERDOWN Link with MASTER is down and replica-serve-stale-data \
            is set to 'no': the server is a replica without its master: name the master, or Sentinels with \
            redis+sentinel://
            """)
        try server.command("REPLICAOF", "NO", "ONE")
        #expect(try store.charge([charge()])[0].isAllowed)
        #expect(try waitUntil { try connections(of: server).isDisjoint(with: before) })
    }

    @Test(
        "a server that loads its data is a failure until the data is loaded",
        .enabled(if: !RedisServer.isBeforeSeven, "has no setting for slow loading"))
    func loading() throws {
        let server = try RedisServer(options: [
            "enable-debug-command yes", "loading-process-events-interval-bytes 1024", "key-load-delay 500",
        ])
        let store = try open(server)
        // Two seconds of loading.
        try server.command("DEBUG", "POPULATE", "4000")
        try server.command("SAVE")
        try server.restart()
        try expectFailure(
            store, .refused,
            """
            redis+unix:\(server.socket)?db=0 answered: LOADING Redis is loading the dataset in memory: the server \
            answers once its data is loaded
            """)
        #expect(waitUntil { (try? store.charge([charge()])) != nil })
    }

    @Test("a server that another client's script blocks is a failure until the script ends")
    func busy() throws {
        let server = try RedisServer(options: ["lua-time-limit 1"])
        let store = try open(server)
        #expect(try store.charge([charge()])[0].isAllowed)
        let folder = try TemporaryFolder()
        let words = ["-s", server.socket, "EVAL", "while true do end", "0"]
        let script = try ServerProcess(Program("redis-cli", package: "redis-tools"), words, in: folder)
        let isBusy = try waitUntil { try server.command("PING").hasPrefix("BUSY") }
        #expect(isBusy)
        try expectFailure(
            store, .refused,
            """
            redis+unix:\(server.socket)?db=0 answered: BUSY Redis is busy running a script. You can only call SCRIPT KILL \
            or SHUTDOWN NOSAVE: a script of another client blocks the server: SCRIPT KILL ends that script
            """)
        try server.command("SCRIPT", "KILL")
        // The script ends at its next check.
        #expect(waitUntil { (try? store.charge([charge()])) != nil })
        withExtendedLifetime(script) {}
    }

    @Test("a server that cannot save is a failure if it is set to refuse writes then")
    func cannotSave() throws {
        let folder = try TemporaryFolder()
        let server = try RedisServer(options: ["dir \(folder.path)"])
        // After Redis has looked for data to load, a folder takes the file's name.
        #expect(try server.command("PING") == "PONG")
        try folder.write(["dump.rdb/x": ""])
        let store = try open(server)
        #expect(try store.charge([charge()])[0].isAllowed)
        try server.command("CONFIG", "SET", "save", "3600 100000")
        try server.command("BGSAVE")
        let hasFailed = try waitUntil {
            try server.command("INFO", "persistence").contains("rdb_last_bgsave_status:err")
        }
        #expect(hasFailed)
        let error = try failure(store)
        #expect(error.kind == .refused)
        #expect(error.description.contains(" answered: MISCONF "))
        #expect(error.description.hasSuffix(": the server accepts no writes because it cannot save to its disk"))
        try server.command("CONFIG", "SET", "save", "")
        #expect(try store.charge([charge()])[0].decisions[0].remaining == 8)
    }

    @Test("a server without room for a connection is a failure until it has room")
    func tooManyClients() throws {
        let server = try RedisServer(options: ["maxclients 1"])
        var first: (any Store)? = try open(server)
        // Until the client that checked for readiness is gone.
        #expect(waitUntil { (try? first?.charge([charge()])) != nil })
        let store = try open(server)
        try expectFailure(
            store, .refused,
            "redis+unix:\(server.socket)?db=0 answered: ERR max number of clients reached: raise maxclients")
        first = nil
        #expect(waitUntil { (try? store.charge([charge()])) != nil })
    }

    @Test("a right that is revoked is a configuration mistake")
    func rightTakenAway() throws {
        let server = try RedisServer(options: ["user limiter on >secret ~* &* +@all"])
        let store = try StoreLocation("redis+unix://limiter:secret@\(server.socket)").open(deadlines: .patient)
        #expect(try store.charge([charge()])[0].isAllowed)
        try server.command("ACL", "SETUSER", "limiter", "-set")
        let error = try failure(store, charge("new"))
        #expect(error.kind == .misconfigured)
        let remedy = ": grant this user the permissions in docs/stores.md: ACL SETUSER"
        let words = [
            "The user executing the script can't run this command or subcommand",
            // Of Redis 7.2 and later, and of Valkey.
            "ACL failure in script: User limiter has no permissions to run the 'set' command",
        ]
        let descriptions = words.map { "redis+unix:\(server.socket)?db=0 answered: ERR \($0)\(remedy)" }
        #expect(descriptions.contains(error.description))
        // Connecting again names the missing right.
        guard !RedisServer.isBeforeSeven else { return }
        try expectFailure(
            store, .misconfigured,
            "redis+unix:\(server.socket)?db=0 lacks rights: grant them with ACL SETUSER NAME +set")
    }

    @Test("a key that another program uses is reported")
    func wrongType() throws {
        let server = try RedisServer()
        let store = try open(server)
        let key = try #require(charge().entries.first?.key.name)
        try server.command("SADD", key, "x")
        let error = try failure(store)
        #expect(error.kind == .damaged)
        #expect(error.description.contains(" answered: WRONGTYPE "))
        let remedy = ": another program uses the limiter's keys: give the limiter a database of its own"
        #expect(error.description.hasSuffix(remedy))
        try server.command("DEL", key)
        #expect(try store.charge([charge()])[0].isAllowed)
    }

    @Test("a cluster node given as a single server is reported")
    func clusterNode() throws {
        let server = try RedisServer.clusterNode()
        try expectFailure(
            open(server), .refused,
            """
            redis+unix:\(server.socket)?db=0 answered: CLUSTERDOWN Hash slot not served: not all of the cluster's slots \
            are served
            """)
        try server.takeAllSlots()
        let store = try open(server)
        #expect(waitUntil { (try? store.charge([charge()])) != nil })
        let error = #expect(throws: StoreError.self) { try store.charge([charge("a"), charge("b")]) }
        #expect(error?.kind == .misconfigured)
        #expect(
            error?.description == """
                redis+unix:\(server.socket)?db=0 answered: CROSSSLOT Keys in request don't hash to the same slot: the \
                server is a node of a cluster: write redis+cluster://
                """)
        let wrong = try failure(StoreLocation("redis+unix:\(server.socket)?db=1").open(deadlines: .patient))
        #expect(wrong.kind == .misconfigured)
        let words = [
            "SELECT is not allowed in cluster mode: write redis+cluster://",
            // Of Valkey 9.
            "DB index is out of range: write a number below the server's databases",
        ]
        #expect(words.map { "redis+unix:\(server.socket)?db=1 answered: ERR \($0)" }.contains(wrong.description))
    }

    @Test(
        "Redis before version 7 hides the error of a script's command behind words of its own",
        arguments: [
            (": @user_script:145: @user_script: 145: -OOM command not allowed", "OOM command not allowed"),
            (": @user_script:37: WRONGTYPE Operation against a key", "WRONGTYPE Operation against a key"),
            (": @user_script:87: @user_script: 87: The user executing the script", "ERR The user executing the script"),
            (": no line", "ERR Error running script (call to f_b3): no line"),
        ])
    func wrapped(_ end: String, _ error: String) {
        #expect(RedisReply.commandError(in: "ERR Error running script (call to f_b3)\(end)") == error)
    }

    @Test(
        "a server in protected mode is reported as such, not as unreachable",
        .enabled(if: !RedisServer.isBeforeSeven, "protects only servers without an address to listen at"))
    func protectedMode() throws {
        let folder = try TemporaryFolder()
        let redis = try Program("redis-server", package: "redis-server").path
        let address = try Program("ip", package: "iproute2").path
        let bench = try Program(built: "StoreBench").path
        // A separate network, in which this machine has an address other than loopback.
        let script = """
            \(address) link set lo up && \(address) address add 10.255.0.1/32 dev lo || exit 99
            : >\(folder.path("log"))
            \(redis) --port 6379 --bind 10.255.0.1 --save '' --dir \(folder.path) >\(folder.path("log")) & pid=$!
            until grep -q 'Ready to accept' \(folder.path("log")); do kill -0 $pid || exit 98; done
            \(bench) fill --store redis://10.255.0.1
            status=$?
            kill $pid
            exit $status
            """
        let root = geteuid() == 0 ? [] : ["--map-root-user"]
        let outcome = try Program("unshare", package: "util-linux").run(root + ["--net", "sh", "-c", script])
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(
            outcome.errors.hasPrefix("Error: redis://10.255.0.1:6379/0 answered: DENIED "))
        #expect(outcome.errors.hasSuffix(": give the server a password\n"))
    }

    private func open(_ server: RedisServer) throws -> any Store {
        try StoreLocation("redis+unix:\(server.socket)").open(deadlines: .patient)
    }

    /// The ids of the server's connections, except for the one that asks.
    private func connections(of server: RedisServer) throws -> Set<Substring> {
        let lines = try server.command("CLIENT", "LIST").split(separator: "\n")
        return Set(lines.filter { !$0.contains("cmd=client") }.compactMap { $0.split(separator: " ").first })
    }

    /// Ten per minute.
    private func charge(_ client: String = "client") throws -> Charge {
        let quota = try Quota(limit: 10, window: 60_000_000, algorithm: .slidingWindow)
        return Charge([.init(try Policy(name: "p", quota: quota), for: Identity("client", client.utf8))])
    }

    private func failure(_ store: any Store, _ put: Charge? = nil) throws -> StoreError {
        try #require(#expect(throws: StoreError.self) { try store.charge([put ?? charge()]) })
    }

    private func expectFailure(
        _ store: any Store, _ kind: StoreError.Kind, _ description: String, _ put: Charge? = nil
    ) throws {
        let error = try failure(store, put)
        #expect(error.kind == kind)
        #expect(error.description.replacing("Valkey", with: "Redis") == description)
    }
}
