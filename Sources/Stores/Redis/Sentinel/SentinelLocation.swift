import TextFormats

/// Sentinels, the master that they are asked for, and the users to log in as.
public struct SentinelLocation: Sendable, Hashable, CustomStringConvertible {
    /// The Sentinels, at least one, which are asked in turn.
    public let sentinels: [RedisLocation.Endpoint]
    /// The Sentinels' name for the master.
    public let master: String
    /// The user of the Redis servers; `nil` for the default user.
    public let user: String?
    /// The password of the Redis servers; `nil` if they need none.
    public let password: String?
    /// The index of the database.
    public let database: Int
    /// The Sentinels' own user; `nil` for the default user.
    public let sentinelUser: String?
    /// The Sentinels' own password; `nil` if they need none.
    public let sentinelPassword: String?

    private static let example = "redis+sentinel://10.0.0.1:26379,10.0.0.2:26379,10.0.0.3:26379/MASTERNAME"

    /// The location written as `redis+sentinel://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]…]/MASTERNAME[/DB]`.
    ///
    /// `?sentinel_password=PASSWORD` and `&sentinel_user=USER` follow if the Sentinels themselves need them.
    init(_ text: String) throws(StoreError) {
        let parts = text.firstRange(of: "?sentinel_")
        // An error must not show a password, and those after the '?' are no exception.
        let front = parts.map { String(text[..<$0.lowerBound]) } ?? text
        func unusable(_ remedy: String) -> StoreError { StoreLocation.unusable(front, remedy) }

        var words: [Substring: String] = [:]
        for word in parts.map({ text[text.index(after: $0.lowerBound)...].split(separator: "&") }) ?? [] {
            guard let (name, value) = word.split(at: "="), ["sentinel_user", "sentinel_password"].contains(name),
                let decoded = PercentEncoding.decodedText(value)
            else {
                throw unusable("after '?' write sentinel_password=PASSWORD and, for a user, &sentinel_user=USER")
            }
            words[name] = decoded
        }
        sentinelUser = words["sentinel_user"]
        sentinelPassword = words["sentinel_password"]

        guard let address = try RedisAddress(front) else { throw unusable("write \(Self.example)") }
        user = address.user
        password = address.password
        let path = address.rest.split(separator: "/", omittingEmptySubsequences: false)
        guard (2...3).contains(path.count), !path[1].isEmpty, !address.rest.contains("?") else {
            throw unusable("write the master's name after the Sentinels: \(Self.example)")
        }
        master = String(path[1])
        guard let database = path.count == 2 ? 0 : decimalValue(path[2].utf8) else {
            throw unusable("after the master's '/' write the database's number")
        }
        self.database = Int(database)
        sentinels = try path[0].split(separator: ",", omittingEmptySubsequences: false).map { word throws(StoreError) in
            try RedisLocation.Endpoint(word, defaultPort: 26_379, in: front, example: Self.example)
        }
    }

    /// The location without its passwords.
    public var description: String {
        "redis+sentinel://" + sentinels.map(\.description).joined(separator: ",") + "/\(master)/\(database)"
    }

    func sentinel(at endpoint: RedisLocation.Endpoint) -> RedisLocation {
        RedisLocation(endpoint, user: sentinelUser, password: sentinelPassword)
    }

    func server(at endpoint: RedisLocation.Endpoint) -> RedisLocation {
        RedisLocation(endpoint, user: user, password: password, database: database)
    }
}
