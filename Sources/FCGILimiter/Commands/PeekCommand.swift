import ArgumentParser
import Limiters
import Rules
import Stores

/// `fcgi-limiter peek CLIENT`: prints what a client has left in each policy.
struct PeekCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peek",
        abstract: "Print what a client has left in each policy, without charging the client."
    )

    @OptionGroup var options: ClientOptions

    func run() throws {
        let (client, store) = try options.namedClient(options.rulesOptions.load())
        if let list = client.list { return print(list.text(client.identity, client.overrides.first)) }
        for override in client.overrides { print("override: \(override.summary)") }
        let decisions = try Left.decisions(client.charge, in: store)
        for (entry, decision) in zip(client.charge.entries, decisions) {
            print("\(entry.policy.name): \(Left.text(decision, of: entry.policy))")
        }
    }
}
