import ArgumentParser
import Cases
import Glibc
import Histories
import Limiters
import Platform
import Stores

/// Charges clients as fast as possible and writes down what was asked and answered, in parallel with other processes.
struct Record: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Charge one client after another, and print a line before each request and after each answer.",
        discussion: "Processes that run at the same time charge the same client."
    )

    @OptionGroup var options: StoreOptions
    @Option(help: "Length of the window in milliseconds.") var windowMilliseconds: Int64 = 200
    @Option(help: "Run until there is a file with this path.") var until: String
    @Option(help: "Milliseconds after which the next client is charged; 0 for a single client.")
    var clientMilliseconds: Int64 = 0
    @Option(help: "Milliseconds after which the clock that decides steps forward or back; 0 for the store's own clock.")
    var stepMilliseconds: Int64 = 0
    @Option(help: "Microseconds between two requests.") var pause: UInt32 = 100
    @Flag(help: "Count by the named algorithm only, instead of by both.") var single = false
    @Option(help: "The seed of the random costs.") var seed: UInt64 = 0

    func run() throws {
        let model = try SequentialModel(
            limit: options.limit, window: windowMilliseconds * 1_000,
            algorithms: single ? [options.algorithm] : [.tokenBucket, .slidingWindow], precision: .exact)
        let store = try options.open()
        var generator = SeededGenerator(seed: seed)
        while access(until, F_OK) != 0 {
            let begin = steadyMicroseconds()
            let client = clientMilliseconds == 0 ? 0 : Int(begin / (clientMilliseconds * 1_000))
            let identity = Identity("client", "\(client)".utf8)
            let cost: Int64 = [0, 1, 1, 1, 1, 2, 2, 3].randomElement(using: &generator) ?? 1
            let clock = stepMilliseconds == 0 ? nil : steppingClock(at: begin)
            try print(
                unbuffered: ClientLog.ask(begin: begin, moment: clock ?? wallMicroseconds(), client: client, cost: cost)
            )
            let charge = Charge(cost: cost, model.policies.map { .init($0, for: identity) })
            if let verdict = try? store.charge([charge], clock: clock).first {
                try print(unbuffered: ClientLog.answer(end: steadyMicroseconds(), verdict))
                usleep(pause)
            } else {
                // Redis is down. Too many requests whose fate is unknown would make every history possible.
                usleep(20_000)
            }
        }
    }

    /// A clock that all processes share, and that steps by up to three windows in either direction.
    private func steppingClock(at steady: Microseconds) -> Microseconds {
        var generator = SeededGenerator(seed: UInt64(steady / (stepMilliseconds * 1_000)))
        let farthest = 3_000 * windowMilliseconds
        let step = Int64.random(in: -farthest...farthest, using: &generator)
        // Often a small one, after which time stands still.
        return 1_800_000_000_000_000 + steady + (Bool.random(using: &generator) ? step : step / 12)
    }

    /// Writes unbuffered, so that the line survives a SIGKILL.
    private func print(unbuffered line: String) throws {
        let bytes = Array(line.utf8)
        guard write(1, bytes, bytes.count) == bytes.count else { throw ExitCode.failure }
    }
}
