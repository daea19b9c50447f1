import ArgumentParser
import Dispatch
import Limiters
import Stores
import Synchronization

/// Measures decisions per second.
struct Rate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Charge keys in random order, and print decisions_per_second.",
        discussion: "All keys are created and charged once before the measurement."
    )

    @OptionGroup var options: StoreOptions
    @Option(help: "Number of keys.") var keys = 100_000
    @Option(help: "Requests per batch.") var batch = 32
    @Option(help: "Seconds to measure.") var seconds = 5.0
    @Option(help: "Threads, each with a store connection, like the limiter's event loops.") var loops = 1
    @Option(help: "Length of the window in seconds.") var windowSeconds: Int64 = 60

    func validate() throws {
        guard keys > 0, batch > 0, seconds > 0, loops > 0 else {
            throw ValidationError("--keys, --batch, --seconds and --loops must be above 0")
        }
    }

    func run() throws {
        let policy = try options.policy(window: windowSeconds * 1_000_000)
        let open = try options.opener()
        let rates = Mutex<[Double]>([])
        let failure = Mutex<StoreError?>(nil)
        DispatchQueue.concurrentPerform(iterations: loops) { _ in
            do throws(StoreError) {
                let rate = try rate(of: open(), preparedBatches(policy))
                rates.withLock { $0.append(rate) }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        print("decisions_per_second", Int(rates.withLock { $0.reduce(0, +) }))
    }

    private func rate(of store: any Store, _ batches: [[Charge]]) throws(StoreError) -> Double {
        for batch in batches { _ = try store.charge(batch) }
        let clock = ContinuousClock()
        let start = clock.now
        let end = start.advanced(by: .seconds(seconds))
        var decisions = 0
        var next = 0
        while clock.now < end {
            decisions += try store.charge(batches[next]).count
            next = (next + 1) % batches.count
        }
        return Double(decisions) / ((clock.now - start) / .seconds(1))
    }

    private func preparedBatches(_ policy: Policy) -> [[Charge]] {
        let order = (0..<keys).shuffled()
        return stride(from: 0, to: keys, by: batch).map { first in
            order[first..<min(first + batch, keys)].map { Charge([.init(policy, for: .numbered($0))]) }
        }
    }
}
