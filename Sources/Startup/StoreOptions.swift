public import ArgumentParser
import Glibc
public import Stores
import TextFormats

/// The option that names the store.
public struct StoreOptions: ParsableArguments, VariableOptions {
    /// The limiter's own variables, which the dashboard reads too.
    public static let variablePrefix = "FCGI_LIMITER_"

    @Option(
        help: """
            The store: embedded:PATH, redis://[USER:PASSWORD@]HOST[:PORT][/DB], redis+unix:PATH, \
            redis+sentinel://[USER:PASSWORD@]HOST:PORT,HOST:PORT,…/MASTERNAME[/DB] or \
            redis+cluster://[USER:PASSWORD@]HOST:PORT,HOST:PORT,…; with TLS write rediss for redis. \
            ?password_file=PATH keeps the password in a file. \
            Default: $FCGI_LIMITER_STORE, otherwise the Redis server that $REDIS_HOST names, otherwise \
            embedded:/dev/shm/fcgi-limiter-UID.
            """)
    var store: StoreLocation?

    /// No options: what the parser starts from.
    public init() {}

    /// Whether the option or the usual variables name a store.
    public var isNamed: Bool { store != nil || ProcessEnvironment()["REDIS_HOST"] != nil }

    /// The store that the option names, otherwise the Redis server that the usual variables name, otherwise an embedded
    /// store of this user in the machine's memory.
    ///
    /// - Parameters:
    ///   - environment: has the usual variables.
    ///   - user: the owner of the default embedded store; `nil` for this process's user.
    /// - Returns: the store.
    /// - Throws: `ValidationError` if the variables name no usable Redis server.
    public func location(
        _ environment: ProcessEnvironment = ProcessEnvironment(), user: UInt32? = nil
    ) throws -> StoreLocation {
        if let store { return store }
        guard let host = environment["REDIS_HOST"] else {
            return .embedded(path: "/dev/shm/fcgi-limiter-\(user ?? geteuid())", size: StoreLocation.defaultSize)
        }
        let words = ["REDIS_USER", "REDIS_PASSWORD"].map { PercentEncoding.encoded(environment[$0] ?? "") }
        let credentials = words == ["", ""] ? "" : words.joined(separator: ":") + "@"
        let name = host.contains(":") ? "[\(host)]" : host
        let query = URLQuery.text([("password_file", environment["REDIS_PASSWORD_FILE"])])
        do throws(StoreError) {
            return try StoreLocation(
                "redis://\(credentials)\(name):\(environment["REDIS_PORT"] ?? "6379")"
                    + (query.isEmpty ? "" : "?\(query)"))
        } catch {
            throw ValidationError("REDIS_HOST, REDIS_PORT, REDIS_PASSWORD_FILE: \(error)")
        }
    }
}

extension StoreLocation: OptionValue {
    /// The location written in `text`.
    public init(option text: String) throws(InvalidValue) {
        do {
            try self.init(text)
        } catch {
            throw InvalidValue(error)
        }
    }
}
