import ArgumentParser
import Limiters
import Rules
import Startup
import Stores

/// `fcgi-limiter override …`: other limits for clients, and the list of all overrides.
struct OverrideCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "override",
        abstract: "Set another limit for a client for a while, or list and remove overrides.",
        subcommands: [Set.self, List.self, Remove.self]
    )

    /// `fcgi-limiter override set CLIENT POLICY --limit N`.
    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a client another limit in one policy for a while.",
            discussion: """
                The window and the algorithm of the policy stay, and units that the client has used still count. In a \
                network, each client gets the limit for itself.
                """
        )

        @OptionGroup var options: OverrideClientOptions

        @Argument(help: "The policy's name.")
        var policy: String

        @Option(help: "The limit in units per window of the policy.")
        var limit: Int64

        @OptionGroup var term: OverrideTermOptions

        func run() throws {
            try options.put(term) { rules, client throws(UnknownClient) in
                .limit(limit, policy: try rules.overriddenPolicy(named: policy, for: client, limit: limit).name)
            }
        }
    }

    /// `fcgi-limiter override list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the overrides in force, those that end first at the top."
        )

        @OptionGroup var storeOptions: StoreOptions

        func run() throws {
            let store = try storeOptions.open()
            let list = try OneLineFailure.of { () throws(StoreError) in try store.overrides() }
            if list.overrides.isEmpty { printError("no override is in force") }
            for override in list.overrides.sorted(by: { $0.until < $1.until }) { print(override.summary) }
        }
    }

    /// `fcgi-limiter override remove CLIENT [POLICY]`.
    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End the overrides of a client: all of them, or that of one policy's limit."
        )

        @OptionGroup var options: OverrideClientOptions

        @Argument(help: "The policy's name. Default: all overrides of the client, including a ban.")
        var policy: String?

        @Option(help: "Why, in one line.")
        var reason = ""

        func run() throws {
            try options.remove("override", reason: reason) { [policy] in policy == nil || $0.policy == policy }
        }
    }
}
