import ArgumentParser
import Limiters
import Stores

/// Fills a store with keys, so that their memory can be looked at.
struct Fill: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Charges keys a number of times each and prints how many and the first one's name."
    )

    @OptionGroup var options: StoreOptions
    @Option(help: "How many keys.") var keys = 1
    @Option(help: "Requests charged to each key.") var admissions = 1
    @Option(help: "The window's length in seconds.") var windowSeconds: Int64 = 60

    /// Requests charged at once.
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
            // A batch for each admission: a batch has one moment, and a window keeps moments.
            for _ in 0..<admissions { _ = try opened.charge(charges) }
        }
        let name = String(decoding: Key(.numbered(0), policy).bytes, as: UTF8.self)
        print("filled \(keys) keys, first \(name)")
    }
}
