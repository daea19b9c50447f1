import ArgumentParser
import Rules
import Startup
import Stores

/// The options that name one client, its rules and its store.
struct ClientOptions: ParsableArguments {
    @OptionGroup var rulesOptions: RulesOptions
    @OptionGroup var storeOptions: StoreOptions

    @Option(help: "The client's plan, if the web server says which. A plan in the key file takes precedence.")
    var plan: String?

    @Argument(
        help: """
            The client, for example address=203.0.113.9 or api_key=KEY. A secret is written as itself or by the name that \
            explain prints.
            """)
    var client: String

    /// The client as the rules and the overrides in the store treat it, and the store.
    func namedClient(_ rules: Rulebook) throws -> (client: NamedClient, store: any Store) {
        // An unknown client is a mistake whether or not the store answers.
        let plain = try OneLineFailure.of { () throws(UnknownClient) in try rules.client(named: client, plan: plan) }
        let store = try storeOptions.open()
        let list = try OneLineFailure.of { () throws(StoreError) in try store.overrides() }
        guard let overrides = rules.overrideTable(list.overrides) else { return (plain, store) }
        return (
            try OneLineFailure.of { () throws(UnknownClient) in
                try rules.client(named: client, plan: plan, overrides: overrides, now: list.now)
            }, store
        )
    }
}
