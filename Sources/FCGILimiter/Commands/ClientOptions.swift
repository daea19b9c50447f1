import ArgumentParser
public import Limiters
import Rules
public import Startup

/// The options that name one client, its rules and its store.
struct ClientOptions: ParsableArguments {
    @OptionGroup var rulesOptions: RulesOptions
    @OptionGroup var storeOptions: StoreOptions

    @Argument(help: "The client, written as explain prints it, for example api_key=alice or address=203.0.113.9.")
    var client: Identity

    /// The client under every policy of the rules.
    func entries() throws -> [Charge.Entry] {
        try rulesOptions.load().policies.map { Charge.Entry($0, for: client) }
    }
}

extension Identity: OptionValue {
    /// The identity written in `text`, as in keys.
    public init(option text: String) throws(InvalidValue) {
        guard let identity = Identity(written: text) else {
            throw InvalidValue(text, allowed: "for example api_key=alice or address=203.0.113.9")
        }
        self = identity
    }
}
