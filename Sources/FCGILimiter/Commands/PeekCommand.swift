import ArgumentParser
import Limiters
import Rules

/// `fcgi-limiter peek CLIENT`: prints what a client has left in each policy.
struct PeekCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peek",
        abstract: "Print what a client has left in each policy, without charging the client."
    )

    @OptionGroup var options: ClientOptions

    func run() throws {
        let client = try options.namedClient()
        if let list = client.list { return print(list.text(client.identity)) }
        let decisions = try Left.decisions(client.charge, in: options.storeOptions.open())
        for (entry, decision) in zip(client.charge.entries, decisions) {
            print("\(entry.policy.name): \(Left.text(decision))")
        }
    }
}
