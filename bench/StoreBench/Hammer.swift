import ArgumentParser
import Glibc
import Limiters
import Stores

/// Charges one key as fast as it can, beside other processes that do the same.
struct Hammer: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Charges one key as fast as it can and prints the store's clock at each admission, in microseconds."
    )

    @OptionGroup var options: StoreOptions
    @Option(help: "Who is counted.") var key: String
    @Option(help: "The window's length in milliseconds.") var windowMilliseconds: Int64 = 1_000
    @Option(help: "How long to go on.") var seconds = 5.0

    func run() throws {
        let policy = try options.policy(window: windowMilliseconds * 1_000)
        let opened = try options.open()
        let charge = Charge([.init(policy, for: Identity("key", key.utf8))])

        let clock = ContinuousClock()
        let end = clock.now.advanced(by: .seconds(seconds))
        while clock.now < end {
            for verdict in try opened.charge([charge]) where verdict.isAllowed {
                // Written at once: whoever kills this process still learns of it.
                let line = Array("\(verdict.now)\n".utf8)
                guard write(1, line, line.count) == line.count else { throw ExitCode.failure }
            }
        }
    }
}
