/// Where a store is, as an operator writes it.
///
///     embedded:/dev/shm/fcgi-limiter          embedded:/var/lib/limiter?size=2G
///     redis://user:password@host:6379/0       redis+unix:/run/redis/redis.sock?db=1
///     redis+sentinel://host:26379,host:26379/mymaster/0
///     redis+cluster://host:6379,host:6379
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

    /// The location written in `text`.
    ///
    /// - Throws: ``StoreError`` of kind `.misconfigured` that says what cannot be understood.
    public init(_ text: String) throws(StoreError) {
        let (scheme, rest) = text.split(at: ":") ?? (text[...], "")
        switch scheme {
        case "embedded":
            let (path, query) = rest.split(at: "?") ?? (rest, "")
            guard !path.isEmpty else { throw Self.unusable(text, "name a folder: embedded:/dev/shm/fcgi-limiter") }
            var size = Self.defaultSize
            if !query.isEmpty {
                guard query.hasPrefix("size="), let bytes = Self.byteCount(query.dropFirst(5)), bytes >= 1 << 20 else {
                    throw Self.unusable(text, "after '?' write size= and at least 1M, for example size=512M")
                }
                size = bytes
            }
            self = .embedded(path: String(path), size: size)
        case "redis", "redis+unix":
            self = .redis(try RedisLocation(text))
        case "redis+sentinel":
            self = .sentinel(try SentinelLocation(text))
        case "redis+cluster":
            self = .cluster(try ClusterLocation(text))
        case "rediss", "valkeys":
            throw Self.unusable(text, "TLS is not spoken: write redis:// and a tunnel's address, such as stunnel's")
        default:
            throw Self.unusable(text, Self.schemes)
        }
    }

    /// Opens the store for one owner.
    ///
    /// - Throws: as ``opener(deadlines:)``.
    public func open(deadlines: RedisDeadlines = .interactive) throws(StoreError) -> any Store {
        try opener(deadlines: deadlines)()
    }

    /// What opens the store, once for each owner in this process.
    ///
    /// - Throws: ``StoreError`` when the embedded store's folder cannot be used. A Redis that is away is no error here:
    ///   it is connected to when it is back.
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

    /// Connects for news of resets there; `nil` where nobody need be told.
    ///
    /// - Throws: ``StoreError`` when it is away, or does not let this user subscribe.
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

    /// Whether it can be away while this machine works.
    public var isRemote: Bool {
        if case .embedded = self { false } else { true }
    }

    /// What it is, in one word: `embedded`, `redis`, `redis_sentinel`, `redis_cluster`.
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
        redis+cluster://HOST:PORT,…
        """

    static func unusable(_ text: String, _ remedy: String) -> StoreError {
        StoreError(.misconfigured, "store \"\(withoutCredentials(text))\" is not valid: \(remedy)")
    }

    /// The text of a location as an error may show it: without what may be a password.
    public static func withoutCredentials(_ text: String) -> String {
        let shown = text.lastIndex(of: "@").map { "…" + text[$0...] } ?? text
        // Sentinels have a password of their own after the '?'.
        return shown.firstIndex(of: "?").map { shown.contains("password") ? shown[..<$0] + "?…" : shown } ?? shown
    }

    private static func byteCount(_ text: Substring) -> Int? {
        let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        guard let last = text.last, let unit = units[last] else { return Int(text) }
        guard let number = Int(text.dropLast()), number >= 0, number < 1 << 20 else { return nil }
        return number * unit
    }
}

extension StringProtocol where SubSequence == Substring {
    /// What stands before and after the first `separator`; `nil` where there is none.
    func split(at separator: Character) -> (Substring, Substring)? {
        firstIndex(of: separator).map { (self[..<$0], self[index(after: $0)...]) }
    }
}
