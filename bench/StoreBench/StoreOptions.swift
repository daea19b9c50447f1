import ArgumentParser
import Limiters
import Stores

/// Which store, and how it counts.
struct StoreOptions: ParsableArguments {
    // A text and no StoreLocation: ArgumentParser would repeat a wrong one with its password.
    @Option(help: "Where, as after --store of fcgi-limiter serve.")
    var store: String

    @Option(help: "token_bucket or sliding_window", transform: Self.algorithm(named:))
    var algorithm = Algorithm.tokenBucket

    @Option(help: "Units a window.")
    var limit: Int64 = 100

    /// The store, opened for a caller that rather waits than fails.
    func open() throws -> any Store {
        try opener()()
    }

    /// What opens the store, once for each caller.
    func opener() throws -> @Sendable () -> any Store {
        try StoreLocation(store).opener(deadlines: RedisDeadlines(connect: 1_000_000, command: 5_000_000))
    }

    /// The policy that all keys are counted by.
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
