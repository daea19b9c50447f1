import ArgumentParser
import Rules
import Startup

/// The options that name one client, its rules and its store.
struct ClientOptions: ParsableArguments {
    @OptionGroup var rulesOptions: RulesOptions
    @OptionGroup var storeOptions: StoreOptions

    @Option(help: "The client's plan, if the web server says which. A plan in the key file takes precedence.")
    var plan: String?

    @Argument(
        help: """
            The client, for example address=203.0.113.9 or api_key=KEY; of a secret the name that explain prints, or the \
            secret itself.
            """)
    var client: String

    /// The client as the rules treat it.
    func namedClient() throws -> NamedClient {
        let rules = try rulesOptions.load()
        return try OneLineFailure.of { () throws(UnknownClient) in try rules.client(named: client, plan: plan) }
    }
}
