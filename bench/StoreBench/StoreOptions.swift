import ArgumentParser
import Limiters
import Stores

/// The store to use and the quota to charge.
struct StoreOptions: ParsableArguments {
    // Not parsed into a StoreLocation here, because ArgumentParser would print an invalid value with its password.
    @Option(help: "The store, as for fcgi-limiter serve --store.")
    var store: String

    @Option(help: "token_bucket or sliding_window", transform: Self.algorithm(named:))
    var algorithm = Algorithm.tokenBucket

    @Option(help: "Units per window.")
    var limit: Int64 = 100

    /// Opens the store with long deadlines.
    func open() throws -> any Store {
        try opener()()
    }

    /// Opens the store once per caller.
    func opener() throws -> @Sendable () -> any Store {
        try StoreLocation(store).opener(deadlines: RedisDeadlines(connect: 1_000_000, command: 5_000_000))
    }

    /// The policy of all keys.
    func policy(window: Microseconds) throws -> Policy {
        try Policy(name: "bench", quota: Quota(limit: limit, window: window, algorithm: algorithm))
    }

    private static func algorithm(named name: String) throws -> Algorithm {
        guard let algorithm = Algorithm(rawValue: name) else {
            throw ValidationError("write token_bucket or sliding_window")
        }
        return algorithm
    }
}
