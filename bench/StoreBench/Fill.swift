import ArgumentParser
import Limiters
import Stores

/// Fills a store with keys, to measure their memory.
struct Fill: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Charge every key some times, and print the number of keys and the first key."
    )

    @OptionGroup var options: StoreOptions
    @Option(help: "Number of keys.") var keys = 1
    @Option(help: "Requests charged to each key.") var admissions = 1
    @Option(help: "Length of the window in seconds.") var windowSeconds: Int64 = 60

    /// Requests per batch.
    private static let batch = 100

    func validate() throws {
        guard keys > 0, admissions > 0 else { throw ValidationError("--keys and --admissions must be above 0") }
    }

    func run() throws {
        let policy = try options.policy(window: windowSeconds * 1_000_000)
        let opened = try options.open()
        for first in stride(from: 0, to: keys, by: Self.batch) {
            let charges = (first..<min(first + Self.batch, keys)).map {
                Charge([.init(policy, for: .numbered($0))])
            }
            // One batch per admission: a batch has one time, and a window stores times.
            for _ in 0..<admissions { _ = try opened.charge(charges) }
        }
        let name = String(decoding: Key(.numbered(0), policy).bytes, as: UTF8.self)
        print("filled \(keys) keys, first \(name)")
    }
}
