import ArgumentParser
import Cases
import Limiters
import Stores

/// Compares stores with the arithmetic in memory, for longer than the tests do.
struct Differential: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send random requests to stores, and fail at the first answer that differs from memory's."
    )

    @Option(help: "A store, as for fcgi-limiter serve --store; may be repeated.") var store: [String] = []
    @Option(help: "Number of requests.") var requests = 10_000_000
    @Option(help: "The first seed; each following one is higher by one.") var seed: UInt64 = 1_000_000

    /// Requests per seed, so that states of many ages occur.
    private static let stretch = 50_000

    func run() throws {
        // A late answer is not a difference, and this may run at idle priority.
        let deadlines = RedisDeadlines(connect: 60_000_000, command: 60_000_000)
        let opened = try store.map { try StoreLocation($0).open(deadlines: deadlines) }
        var (seed, allowed, refused) = (seed, 0, 0)
        while allowed + refused < requests {
            var memory = MemoryStore()
            let stores: [(String, Comparison.Store)] = zip(store, opened).map { name, store in
                (name, { try store.charge($0, clock: $1) })
            }
            let comparison = try Comparison(
                RandomBatches(seed: seed, requests: Self.stretch, keys: "differential"),
                expected: { charges, now in charges.map { memory.charge($0, now: now) } },
                stores: Dictionary(stores) { first, _ in first })
            if let difference = comparison.difference {
                print("seed \(seed): \(difference)")
                throw ExitCode.failure
            }
            allowed += comparison.allowed
            refused += comparison.refused
            seed += 1
        }
        print("\(allowed + refused) requests, \(allowed) allowed, \(refused) refused: no answer differs")
    }
}
