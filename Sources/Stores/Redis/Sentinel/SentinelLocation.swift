/// Sentinels, the master that they are asked for, and who to be there.
public struct SentinelLocation: Sendable, Hashable, CustomStringConvertible {
    /// The Sentinels, one at least; any that answers is asked.
    public let sentinels: [RedisLocation.Endpoint]
    /// What the Sentinels call the master.
    public let master: String
    /// The user of the Redis servers; `nil` for the default user.
    public let user: String?
    /// The password of the Redis servers; `nil` where none is asked.
    public let password: String?
    /// The database's index.
    public let database: Int
    /// The Sentinels' own user; `nil` for the default user.
    public let sentinelUser: String?
    /// The Sentinels' own password; `nil` where none is asked.
    public let sentinelPassword: String?

    private static let example = "redis+sentinel://10.0.0.1:26379,10.0.0.2:26379,10.0.0.3:26379/MASTERNAME"

    /// The location in `redis+sentinel://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]…]/MASTERNAME[/DB]`, and after it
    /// `?sentinel_password=PASSWORD` and `&sentinel_user=USER` where the Sentinels themselves ask for them.
    init(_ text: String) throws(StoreError) {
        let parts = text.firstRange(of: "?sentinel_")
        // No password may be repeated in an error, those behind the '?' neither.
        let front = parts.map { String(text[..<$0.lowerBound]) } ?? text
        func unusable(_ remedy: String) -> StoreError { StoreLocation.unusable(front, remedy) }

        var words: [Substring: String] = [:]
        for word in parts.map({ text[text.index(after: $0.lowerBound)...].split(separator: "&") }) ?? [] {
            guard let (name, value) = word.split(at: "="), ["sentinel_user", "sentinel_password"].contains(name),
                let decoded = RedisAddress.percentDecoded(value)
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
        guard let database = path.count == 2 ? 0 : RedisAddress.wholeNumber(path[2]), path.last?.isEmpty == false else {
            throw unusable("after the master's '/' write the database's number")
        }
        self.database = database
        var sentinels: [RedisLocation.Endpoint] = []
        for word in path[0].split(separator: ",", omittingEmptySubsequences: false) {
            sentinels.append(try RedisLocation.Endpoint(word, defaultPort: 26_379, in: front, example: Self.example))
        }
        self.sentinels = sentinels
    }

    /// The location without its passwords.
    public var description: String {
        "redis+sentinel://" + sentinels.map(\.description).joined(separator: ",") + "/\(master)/\(database)"
    }

    /// The Sentinel at `endpoint`.
    func sentinel(at endpoint: RedisLocation.Endpoint) -> RedisLocation {
        RedisLocation(endpoint, user: sentinelUser, password: sentinelPassword)
    }

    /// The Redis server at `endpoint`.
    func server(at endpoint: RedisLocation.Endpoint) -> RedisLocation {
        RedisLocation(endpoint, user: user, password: password, database: database)
    }
}
