import ArgumentParser
import Limiters
import Rules
import Stores

/// One client, named as rules count it.
struct ClientOptions: ParsableArguments {
    @OptionGroup var rulesOptions: RulesOptions
    @OptionGroup var storeOptions: StoreOptions

    @Argument(help: "The client as explain names it, for example api_key=alice or address=203.0.113.9.")
    var client: String

    /// The client under every policy of the rules.
    func entries() throws -> [Charge.Entry] {
        guard let identity = Identity(written: client) else {
            throw ValidationError("\"\(client)\" names no client: write api_key=alice or address=203.0.113.9")
        }
        return try rulesOptions.load().policies.map { Charge.Entry($0, for: identity) }
    }
}

/// `fcgi-limiter peek CLIENT`: what a client has left in each policy.
struct Peek: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what a client has left in each policy. Nothing is charged.")

    @OptionGroup var options: ClientOptions

    func run() throws {
        let charge = Charge(try options.entries())
        let decisions = try Left.decisions(charge, in: options.storeOptions.open())
        for (entry, decision) in zip(charge.entries, decisions) {
            print("\(entry.policy.name): \(Left.text(decision))")
        }
    }
}

/// `fcgi-limiter reset CLIENT`: gives a client all its quotas back.
struct Reset: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Give a client all its quotas back.")

    @OptionGroup var options: ClientOptions

    func run() throws {
        let entries = try options.entries()
        let store = try options.storeOptions.open()
        let count = try OneLineFailure.of { () throws(StoreError) in try store.reset(entries.map(\.key)) }
        print("reset \(options.client): \(count) of \(entries.count) policies had counted it")
    }
}
