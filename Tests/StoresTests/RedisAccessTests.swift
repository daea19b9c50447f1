import Limiters
import Servers
import Stores
import Testing

@Suite("Access to Redis")
struct RedisAccessTests {
    /// `pa:ss/wo@rd%&` as `percentEncoded` writes it.
    private static let password = "pa:ss/wo@rd%&"
    private static let percentEncoded = "pa%3Ass%2Fwo%40rd%25%26"
    private static let grant = "grant this user the permissions in docs/stores.md: ACL SETUSER"

    @Test(
        "a location opens the database that it names",
        arguments: [
            ("redis+unix:SOCKET", 0),
            ("redis+unix:SOCKET?db=3", 3),
            ("redis+unix://SOCKET?db=15", 15),
            ("redis://127.0.0.1:PORT", 0),
            ("redis://127.0.0.1:PORT/7", 7),
            ("redis://localhost:PORT/1", 1),
        ])
    func databases(_ text: String, _ database: Int) throws {
        let server = try RedisServer(.socketAndPort)
        let store = try open(text, server)
        let charge = try Self.charge()
        #expect(try store.charge([charge])[0].isAllowed)
        #expect(try server.command("DBSIZE", database: database) == "1")
    }

    @Test(
        "a location gives user and password",
        arguments: [
            // A password alone is the default user's.
            "redis+unix://:of-the-default-user@SOCKET",
            "redis+unix://default:of%2Dthe%2Ddefault%2Duser@SOCKET?db=2",
            "redis+unix://limiter:\(percentEncoded)@SOCKET",
            "redis+unix:limiter:\(percentEncoded)@SOCKET",
            "redis://:of-the-default-user@127.0.0.1:PORT/0",
            "redis://limiter:\(percentEncoded)@127.0.0.1:PORT/5",
            // Only what would be taken for a part of the location must be encoded.
            "redis://limiter:pa:ss/wo@rd%25&@127.0.0.1:PORT/5",
        ])
    func credentials(_ text: String) throws {
        let server = try Self.guardedServer()
        let store = try open(text, server)
        #expect(try store.charge([Self.charge(), Self.charge()]).map(\.isAllowed) == [true, false])
        // The limiter's user may not read the setting, and then there is no warning.
        #expect(store.warning == nil)
    }

    @Test(
        "a rejected login is reported with the server's own words, and never with the password",
        arguments: [
            (
                "redis+unix:SOCKET", .misconfigured,
                "NOAUTH Authentication required: write a user and a password before the host"
            ),
            (
                "redis+unix://:wrong-secret@SOCKET", .misconfigured,
                "WRONGPASS invalid username-password pair or user is disabled."
            ),
            (
                "redis://nobody:wrong-secret@127.0.0.1:PORT", .misconfigured,
                "WRONGPASS invalid username-password pair or user is disabled."
            ),
            (
                "redis+unix://reader:wrong-secret@SOCKET", .misconfigured,
                "NOPERM this user has no permissions to run the 'script|load' command: \(grant)"
            ),
            (
                "redis+unix://limiter:\(percentEncoded)@SOCKET?db=99", .misconfigured,
                "ERR DB index is out of range: write a number below the server's databases"
            ),
        ] as [(String, StoreError.Kind, String)])
    func refusals(_ text: String, _ kind: StoreError.Kind, _ words: String) throws {
        let server = try Self.guardedServer()
        let store = try open(text, server)
        for _ in 0..<2 {
            let error = #expect(throws: StoreError.self) { try store.charge([Self.charge()]) }
            #expect(error?.kind == kind)
            // Redis 7.2 and Valkey name the user, and Redis before version 7 not the subcommand.
            let description = error?.description.replacing("User reader", with: "this user")
                .replacing("'script' command or its subcommand", with: "'script|load' command")
            #expect(description?.hasSuffix(" answered: \(words)") == true)
            #expect(error?.description.contains("secret") == false)
            #expect(error?.description.contains("wo@rd") == false)
            #expect(error?.description.contains("wo%40rd") == false)
        }
    }

    @Test(
        "a missing right is reported by its name when the store connects",
        .enabled(if: !RedisServer.isBeforeSeven, "Redis tells since version 7"),
        arguments: [
            ("-set", "+set"),
            ("-setrange -pexpire", "+setrange +pexpire"),
            ("-time", "+time"),
            ("resetkeys ~window:*", "~bucket:*"),
            ("resetkeys ~bucket:*", "~window:*"),
            ("resetchannels", "&fcgi-limiter:resets"),
            ("-subscribe", "+subscribe"),
        ])
    func missingRight(_ change: String, _ missing: String) throws {
        let server = try Self.guardedServer()
        let words = ["ACL", "SETUSER", "limiter"] + change.split(separator: " ").map(String.init)
        _ = try Program("redis-cli", package: "redis-tools").run(
            ["-s", server.socket, "--no-auth-warning", "--pass", "of-the-default-user"] + words)
        let store = try open("redis+unix://limiter:\(Self.percentEncoded)@SOCKET", server)
        for _ in 0..<2 {
            let error = #expect(throws: StoreError.self) { try store.check() }
            #expect(error?.kind == .misconfigured)
            #expect(
                error?.description == """
                    redis+unix:\(server.socket)?db=0 lacks rights: grant them with ACL SETUSER NAME \(missing)
                    """)
        }
    }

    @Test("a password that the server does not need is reported")
    func needlessPassword() throws {
        let server = try RedisServer()
        let store = try open("redis+unix://limiter:secret@SOCKET", server)
        let error = #expect(throws: StoreError.self) { try store.charge([Self.charge()]) }
        #expect(error?.kind == .misconfigured)
        #expect(error?.description.contains("secret") == false)
    }

    @Test("an eviction policy that would drop limits gives a warning")
    func eviction() throws {
        let server = try RedisServer(options: ["maxmemory-policy allkeys-lru"])
        let store = try open("redis+unix:SOCKET", server)
        #expect(store.warning == nil)
        try store.check()
        #expect(
            store.warning == """
                redis+unix:\(server.socket)?db=0: maxmemory-policy is allkeys-lru, which may drop limits when memory is \
                full: set it to noeviction
                """)
    }

    private static func guardedServer() throws -> RedisServer {
        try RedisServer(
            .socketAndPort,
            options: [
                "requirepass of-the-default-user",
                "user limiter \(try AccessControlList.rights(password: password))",
                "user reader on >wrong-secret ~* +get",
            ])
    }

    private static func charge() throws -> Charge {
        let quota = try Quota(limit: 1, window: 60_000_000, algorithm: .slidingWindow)
        return Charge([.init(try Policy(name: "p", quota: quota), for: Identity("client", "a".utf8))])
    }

    /// The store at `text`, in which SOCKET and PORT are replaced by the server's.
    private func open(_ text: String, _ server: RedisServer) throws -> any Store {
        let text = text.replacing("SOCKET", with: server.socket).replacing("PORT", with: "\(server.port)")
        return try StoreLocation(text).open(deadlines: .patient)
    }
}
