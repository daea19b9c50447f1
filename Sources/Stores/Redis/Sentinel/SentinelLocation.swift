import TextFormats

/// Sentinels, the master that they are asked for, and the users to log in as.
public struct SentinelLocation: Sendable, Hashable, CustomStringConvertible {
    /// The Sentinels, at least one, which are asked in turn.
    public let sentinels: [RedisLocation.Endpoint]
    /// The Sentinels' name for the master.
    public let master: String
    /// The user of the Redis servers, and the password.
    let credentials: RedisCredentials
    /// The index of the database.
    let database: Int
    /// The Sentinels' own user and password.
    let sentinelCredentials: RedisCredentials
    /// How the Sentinels and the Redis servers are verified; `nil` without TLS.
    let tls: TLSSettings?

    private static let example = "redis+sentinel://10.0.0.1:26379,10.0.0.2:26379,10.0.0.3:26379/MASTERNAME"

    /// The location written as `redis+sentinel://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]…]/MASTERNAME[/DB]`; with TLS
    /// `rediss+sentinel`.
    ///
    /// `?sentinel_password=PASSWORD` and `&sentinel_user=USER` follow if the Sentinels themselves need them.
    init(_ text: String) throws(StoreError) {
        guard let address = try RedisAddress(text, names: RedisAddress.sentinelNames) else {
            throw StoreLocation.unusable(text, "write \(Self.example)")
        }
        func unusable(_ remedy: String) -> StoreError { StoreLocation.unusable(address.shown, remedy) }

        credentials = address.credentials
        sentinelCredentials = RedisCredentials(
            user: address.secret("sentinel_user"), password: address.secret("sentinel_password"))
        tls = address.tls
        let path = address.rest.split(separator: "/", omittingEmptySubsequences: false)
        guard (2...3).contains(path.count), !path[1].isEmpty else {
            throw unusable("write the master's name after the Sentinels: \(Self.example)")
        }
        master = String(path[1])
        guard let database = path.count == 2 ? 0 : decimalValue(path[2].utf8) else {
            throw unusable("after the master's '/' write the database's number")
        }
        self.database = Int(database)
        sentinels = try path[0].split(separator: ",", omittingEmptySubsequences: false).map { word throws(StoreError) in
            try RedisLocation.Endpoint(word, defaultPort: 26_379, in: address.shown, example: Self.example)
        }
    }

    /// The location without its passwords.
    public var description: String {
        "\(tls.scheme)+sentinel://" + sentinels.map(\.description).joined(separator: ",") + "/\(master)/\(database)"
    }

    func sentinel(at endpoint: RedisLocation.Endpoint) -> RedisLocation {
        RedisLocation(endpoint, sentinelCredentials, tls: tls)
    }

    func server(at endpoint: RedisLocation.Endpoint) -> RedisLocation {
        RedisLocation(endpoint, credentials, tls: tls, database: database)
    }
}
