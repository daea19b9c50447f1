import ArgumentParser
import Limiters
import Stores

/// Measures decisions a second.
struct Rate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Charges keys in random order and prints decisions_per_second.",
        discussion: "Keys are made and charged once beforehand, so neither is part of what is measured."
    )

    @OptionGroup var options: StoreOptions
    @Option(help: "How many keys.") var keys = 100_000
    @Option(help: "Requests charged at once.") var batch = 32
    @Option(help: "How long to measure.") var seconds = 5.0
    @Option(help: "The window's length in seconds.") var windowSeconds: Int64 = 60

    func validate() throws {
        guard keys > 0, batch > 0, seconds > 0 else {
            throw ValidationError("--keys, --batch and --seconds must be above 0")
        }
    }

    func run() throws {
        let policy = try options.policy(window: windowSeconds * 1_000_000)
        let opened = try options.open()
        let batches = preparedBatches(policy)
        for batch in batches { _ = try opened.charge(batch) }

        let clock = ContinuousClock()
        let start = clock.now
        let end = start.advanced(by: .seconds(seconds))
        var decisions = 0
        var next = 0
        while clock.now < end {
            decisions += try opened.charge(batches[next]).count
            next = (next + 1) % batches.count
        }
        let taken = (clock.now - start) / .seconds(1)
        print("decisions_per_second", Int(Double(decisions) / taken))
    }

    private func preparedBatches(_ policy: Policy) -> [[Charge]] {
        let order = (0..<keys).shuffled()
        return stride(from: 0, to: keys, by: batch).map { first in
            order[first..<min(first + batch, keys)].map { Charge([.init(policy, for: .numbered($0))]) }
        }
    }
}
