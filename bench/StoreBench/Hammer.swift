import ArgumentParser
import Glibc
import Limiters
import Stores

/// Charges one key as fast as possible, in parallel with other processes.
struct Hammer: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Charge one key as fast as possible, and print the store's clock at each admission, in microseconds."
    )

    @OptionGroup var options: StoreOptions
    @Option(help: "The key to charge.") var key: String
    @Option(help: "Length of the window in milliseconds.") var windowMilliseconds: Int64 = 1_000
    @Option(help: "Seconds to run.") var seconds = 5.0

    func run() throws {
        let policy = try options.policy(window: windowMilliseconds * 1_000)
        let opened = try options.open()
        let charge = Charge([.init(policy, for: Identity("key", key.utf8))])

        let clock = ContinuousClock()
        let end = clock.now.advanced(by: .seconds(seconds))
        while clock.now < end {
            for verdict in try opened.charge([charge]) where verdict.isAllowed {
                // Unbuffered, so that the line survives a SIGKILL.
                let line = Array("\(verdict.now)\n".utf8)
                guard write(1, line, line.count) == line.count else { throw ExitCode.failure }
            }
        }
    }
}
