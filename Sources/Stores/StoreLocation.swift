import Glibc
import TextFormats

/// Where a store is, as an operator writes it.
///
///     embedded:/dev/shm/fcgi-limiter          embedded:/var/lib/limiter?size=2G
///     redis://user:password@host:6379/0       redis+unix:/run/redis/redis.sock?db=1
///     redis+sentinel://host:26379,host:26379/mymaster/0
///     redis+cluster://host:6379,host:6379
///     rediss://host:6379?ca=/etc/redis/ca.crt&password_file=/etc/fcgi-limiter/redis-password
public enum StoreLocation: Sendable, Hashable, CustomStringConvertible {
    /// A folder of this machine, and the most bytes that it may take.
    case embedded(path: String, size: Int)
    /// A Redis server.
    case redis(RedisLocation)
    /// The Redis server that Sentinels name.
    case sentinel(SentinelLocation)
    /// A Redis Cluster.
    case cluster(ClusterLocation)

    /// The default size of an embedded store: room for some millions of clients.
    public static let defaultSize = 1 << 30
    /// The sizes that an embedded store may have: 1 MiB to 1 PiB.
    private static let sizes = 1 << 20...1 << 50

    /// The location written in `text`.
    ///
    /// - Throws: ``StoreError`` of kind `.misconfigured` that says what to write.
    public init(_ text: String) throws(StoreError) {
        let (scheme, rest) = text.split(at: ":") ?? (text[...], "")
        switch scheme {
        case "embedded":
            let (path, query) = rest.split(at: "?") ?? (rest, "")
            guard !path.isEmpty else { throw Self.unusable(text, "name a folder: embedded:/dev/shm/fcgi-limiter") }
            var size = Self.defaultSize
            if !query.isEmpty {
                guard query.hasPrefix("size="), let written = ByteSize(query.dropFirst(5)),
                    Self.sizes.contains(written.bytes)
                else {
                    throw Self.unusable(text, "after '?' write size= and at least 1M, for example size=512M")
                }
                size = written.bytes
            }
            self = .embedded(path: String(path), size: size)
        case "redis", "rediss", "redis+unix":
            self = .redis(try RedisLocation(text))
        case "redis+sentinel", "rediss+sentinel":
            self = .sentinel(try SentinelLocation(text))
        case "redis+cluster", "rediss+cluster":
            self = .cluster(try ClusterLocation(text))
        default:
            throw Self.unusable(text, Self.schemes)
        }
    }

    /// Opens the store for one owner; throws like ``opener(deadlines:)``.
    public func open(deadlines: RedisDeadlines = .interactive) throws(StoreError) -> any Store {
        try opener(deadlines: deadlines)()
    }

    /// A function that opens the store, once for each owner in this process.
    ///
    /// - Throws: ``StoreError`` when the folder of an embedded store cannot be used. An unreachable Redis is not an error
    ///   here: the store connects when it is used.
    public func opener(deadlines: RedisDeadlines = RedisDeadlines()) throws(StoreError) -> @Sendable () -> any Store {
        switch self {
        case .embedded(let path, let size):
            let file = try EmbeddedFile.open(path: path, size: size)
            return { EmbeddedStore(file) }
        case .redis(let location):
            return { RedisStore(location, deadlines: deadlines) }
        case .sentinel(let location):
            return { RedisStore(location, deadlines: deadlines) }
        case .cluster(let location):
            return { ClusterStore(location, deadlines: deadlines) }
        }
    }

    /// Connects for the messages about resets; `nil` for an embedded store, which needs none.
    ///
    /// - Throws: ``StoreError`` when Redis is unreachable, or does not let this user subscribe.
    func resetSubscription(deadlines: RedisDeadlines) throws(StoreError) -> ResetSubscription? {
        switch self {
        case .embedded: nil
        case .redis(let location):
            try ResetSubscription(RedisConnection(location, deadlines: deadlines), deadlines: deadlines)
        case .sentinel(let location):
            try ResetSubscription(Sentinels(location, deadlines: deadlines).connectMaster(), deadlines: deadlines)
        case .cluster(let location):
            try ResetSubscription(location.connect(deadlines: deadlines), deadlines: deadlines)
        }
    }

    /// The location without its password.
    public var description: String {
        switch self {
        case .embedded(let path, _): "embedded:\(path)"
        case .redis(let location): location.description
        case .sentinel(let location): location.description
        case .cluster(let location): location.description
        }
    }

    /// Whether the store can be unavailable while this machine works.
    public var isRemote: Bool {
        if case .embedded = self { false } else { true }
    }

    /// Whether this is an embedded store that has not been created yet.
    public var isMissing: Bool {
        if case .embedded(let path, _) = self {
            access(path + "/data.mdb", F_OK) != 0 && errno == ENOENT
        } else {
            false
        }
    }

    /// The kind of store in one word, as metrics and `/health` show it.
    public var kind: String {
        switch self {
        case .embedded: "embedded"
        case .redis: "redis"
        case .sentinel: "redis_sentinel"
        case .cluster: "redis_cluster"
        }
    }

    private static let schemes = """
        write embedded:PATH, redis://HOST:PORT/DB, redis+unix:PATH, redis+sentinel://HOST:PORT,…/MASTERNAME/DB or \
        redis+cluster://HOST:PORT,…; with TLS write rediss for redis
        """

    static func unusable(_ text: String, _ remedy: String) -> StoreError {
        StoreError(.misconfigured, "store \"\(withoutCredentials(text))\" is not valid: \(remedy)")
    }

    /// The text of a location as an error may show it: without anything that may be a password.
    public static func withoutCredentials(_ text: String) -> String {
        let shown = text.lastIndex(of: "@").map { "…" + text[$0...] } ?? text
        // The Sentinels' own password follows the '?'.
        return shown.firstIndex(of: "?").map { shown.contains("password") ? shown[..<$0] + "?…" : shown } ?? shown
    }
}

extension StringProtocol where SubSequence == Substring {
    /// The parts before and after the first `separator`; `nil` if there is none.
    func split(at separator: Character) -> (Substring, Substring)? {
        firstIndex(of: separator).map { (self[..<$0], self[index(after: $0)...]) }
    }
}
