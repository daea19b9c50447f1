import ArgumentParser
import Limiters

/// `fcgi-limiter peek CLIENT`: prints what a client has left in each policy.
struct PeekCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peek",
        abstract: "Print what a client has left in each policy, without charging the client."
    )

    @OptionGroup var options: ClientOptions

    func run() throws {
        let charge = Charge(try options.entries())
        let decisions = try Left.decisions(charge, in: options.storeOptions.open())
        for (entry, decision) in zip(charge.entries, decisions) {
            print("\(entry.policy.name): \(Left.text(decision))")
        }
    }
}
