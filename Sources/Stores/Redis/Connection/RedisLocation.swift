import TextFormats

/// A Redis server, and the user to log in as.
public struct RedisLocation: Sendable, Hashable, CustomStringConvertible {
    /// How the server is reached.
    public enum Endpoint: Sendable, Hashable {
        /// TCP.
        case tcp(host: String, port: Int)
        /// A Unix socket.
        case unix(path: String)
    }

    /// How the server is reached.
    public let endpoint: Endpoint
    /// The user to log in as, and the password.
    let credentials: RedisCredentials
    /// How the server is verified; `nil` without TLS.
    let tls: TLSSettings?
    /// The index of the database.
    let database: Int

    /// The location of a server.
    init(
        _ endpoint: Endpoint, _ credentials: RedisCredentials = RedisCredentials(), tls: TLSSettings? = nil,
        database: Int = 0
    ) {
        self.endpoint = endpoint
        self.credentials = credentials
        self.tls = tls
        self.database = database
    }

    /// The location written as `redis://[USER:PASSWORD@]HOST[:PORT][/DB]`, the same with `rediss` for TLS, or
    /// `redis+unix:[//[USER:PASSWORD@]]PATH[?db=DB]`.
    ///
    /// The user and the password may be percent-encoded.
    init(_ text: String) throws(StoreError) {
        let isSocket = text.hasPrefix("redis+unix:")
        guard let address = try RedisAddress(text, names: isSocket ? ["db"] : []) else {
            throw StoreLocation.unusable(text, "write redis://HOST:PORT/DB")
        }
        func unusable(_ remedy: String) -> StoreError { StoreLocation.unusable(address.shown, remedy) }

        if isSocket {
            guard address.rest.hasPrefix("/") else {
                throw unusable("name an absolute path: redis+unix:/run/redis/redis.sock")
            }
            guard let database = decimalValue((address.values["db"] ?? "0").utf8) else {
                throw unusable("after '?' write db= and the database's number")
            }
            self.init(.unix(path: String(address.rest)), address.credentials, database: Int(database))
            return
        }

        let (authority, databaseText) = address.rest.split(at: "/") ?? (address.rest, "")
        guard let database = databaseText.isEmpty ? 0 : decimalValue(databaseText.utf8) else {
            throw unusable("after '/' write the database's number")
        }
        let endpoint = try Endpoint(
            authority, defaultPort: 6_379, in: address.shown, example: "redis://127.0.0.1:6379/0")
        self.init(endpoint, address.credentials, tls: address.tls, database: Int(database))
    }

    /// The location without its password.
    public var description: String {
        switch endpoint {
        case .tcp: "\(tls.scheme)://\(endpoint)/\(database)"
        case .unix(let path): "redis+unix:\(path)?db=\(database)"
        }
    }
}

extension TLSSettings? {
    /// The scheme of a location with these settings, `redis` or `rediss`.
    var scheme: String { self == nil ? "redis" : "rediss" }
}

extension RedisLocation.Endpoint: CustomStringConvertible {
    /// `HOST:PORT`, or a socket's path.
    public var description: String {
        switch self {
        case .tcp(let host, let port): "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .unix(let path): path
        }
    }

    /// The endpoint in `HOST[:PORT]`, a part of the location `text`.
    init(
        _ authority: Substring, defaultPort: Int, in text: String, example: String
    ) throws(StoreError) {
        var host = authority
        var port = defaultPort
        // The colons of an IPv6 address, which is in brackets, do not begin a port.
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            let digits = authority[authority.index(after: colon)...]
            guard let number = decimalValue(digits.utf8), (1...65_535).contains(number) else {
                throw StoreLocation.unusable(text, "after the host's ':' write a port from 1 to 65535")
            }
            port = Int(number)
            host = authority[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw StoreLocation.unusable(text, "name a host: \(example)") }
        self = .tcp(host: String(host), port: port)
    }
}
