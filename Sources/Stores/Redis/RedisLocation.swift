/// A Redis server, and who to be there.
public struct RedisLocation: Sendable, Hashable, CustomStringConvertible {
    /// How the server is reached.
    public enum Endpoint: Sendable, Hashable {
        /// TCP.
        case tcp(host: String, port: Int)
        /// A unix socket.
        case unix(path: String)
    }

    /// How the server is reached.
    public let endpoint: Endpoint
    /// The user of an access control list; `nil` for the default user.
    public let user: String?
    /// The password; `nil` where none is asked.
    public let password: String?
    /// The database's index.
    public let database: Int

    /// The location of a server.
    public init(_ endpoint: Endpoint, user: String? = nil, password: String? = nil, database: Int = 0) {
        self.endpoint = endpoint
        self.user = user
        self.password = password
        self.database = database
    }

    /// The location in `redis://[USER:PASSWORD@]HOST[:PORT][/DB]` or `redis+unix:[//[USER:PASSWORD@]]PATH[?db=DB]`, where
    /// bytes of the user and the password may be percent-encoded.
    init(_ text: String) throws(StoreError) {
        func unusable(_ remedy: String) -> StoreError { StoreLocation.unusable(text, remedy) }

        guard let (scheme, afterScheme) = text.split(at: ":") else { throw unusable("write redis://HOST:PORT/DB") }
        var rest = afterScheme.hasPrefix("//") ? afterScheme.dropFirst(2) : afterScheme
        var user: String?
        var password: String?
        if let at = rest.lastIndex(of: "@") {
            let credentials = rest[..<at].split(at: ":") ?? ("", rest[..<at])
            guard let decodedUser = percentDecoded(credentials.0), let decoded = percentDecoded(credentials.1) else {
                throw unusable("percent-encode the user and the password: %40 for @, %3A for :, %2F for /")
            }
            user = decodedUser.isEmpty ? nil : decodedUser
            password = decoded
            rest = rest[rest.index(after: at)...]
        }

        if scheme == "redis+unix" {
            let (path, query) = rest.split(at: "?") ?? (rest, "db=0")
            guard path.hasPrefix("/") else { throw unusable("name an absolute path: redis+unix:/run/redis/redis.sock") }
            guard query.hasPrefix("db="), let database = wholeNumber(query.dropFirst(3)) else {
                throw unusable("after '?' write db= and the database's number")
            }
            self.init(.unix(path: String(path)), user: user, password: password, database: database)
            return
        }

        let (authority, databaseText) = rest.split(at: "/") ?? (rest, "")
        guard !rest.contains("?"), let database = databaseText.isEmpty ? 0 : wholeNumber(databaseText) else {
            throw unusable("after '/' write the database's number")
        }
        var host = authority
        var port = 6379
        // An IPv6 address stands in brackets: its colons are not the port's.
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = wholeNumber(authority[authority.index(after: colon)...]), (1...65_535).contains(number)
            else {
                throw unusable("after the host's ':' write a port from 1 to 65535")
            }
            port = number
            host = authority[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw unusable("name a host: redis://127.0.0.1:6379/0") }
        self.init(.tcp(host: String(host), port: port), user: user, password: password, database: database)
    }

    /// The location without its password.
    public var description: String {
        switch endpoint {
        case .tcp(let host, let port): "redis://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
        case .unix(let path): "redis+unix:\(path)?db=\(database)"
        }
    }
}

/// The number that `text` writes in digits alone.
private func wholeNumber(_ text: Substring) -> Int? {
    text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) ? Int(text) : nil
}

/// `text` with `%XX` replaced by its byte; `nil` where it is torn or no UTF-8.
private func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        let digits = rest.prefix(2)
        // UInt8 would take a sign too.
        guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt8(String(digits) ?? "", radix: 16)
        else { return nil }
        bytes.append(value)
        rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
}
