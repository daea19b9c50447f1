import Analytics
import ArgumentParser
import Limiters
import Rules
import Startup
import Stores
import TextFormats

/// The options that say how long an override holds, and why.
struct OverrideTermOptions: ParsableArguments {
    @Option(name: .customLong("for"), help: "How long, for example 90s, 10m, 1h or 7d, up to 366d.")
    var duration: OverrideDuration

    @Option(help: "Why, in one line.")
    var reason: String
}

/// How long an override holds.
struct OverrideDuration: OptionValue {
    let seconds: Int64

    init(option text: String) throws(InvalidValue) {
        guard let seconds = DurationText.seconds(text) else {
            throw InvalidValue(text, allowed: "a time up to 366 days, for example 90s, 10m, 1h or 7d")
        }
        self.seconds = seconds
    }
}

/// The options that name the client of an override, its rules and its store.
struct OverrideClientOptions: ParsableArguments {
    @OptionGroup var rulesOptions: RulesOptions
    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var auditOptions: AuditOptions

    @Argument(
        help: """
            The client as explain names it, for example address=203.0.113.9 or api_key=KEY, or a network such as \
            203.0.113.0/24.
            """)
    var client: String

    /// The client in the form that overrides store.
    private func overrideClient(_ rules: Rulebook) throws -> String {
        try OneLineFailure.of { () throws(UnknownClient) in try rules.overrideClient(named: self.client) }
    }

    /// Puts an override of the client in force, and prints it.
    ///
    /// - Parameters:
    ///   - term: how long, and why.
    ///   - effect: the effect, given the rules and the client's written form.
    /// - Throws: `ExitCode.failure`, after the error is printed.
    func put(_ term: OverrideTermOptions, _ effect: (Rulebook, String) throws(UnknownClient) -> Override.Effect) throws
    {
        let rules = try rulesOptions.load()
        let client = try overrideClient(rules)
        let effect = try OneLineFailure.of { () throws(UnknownClient) in try effect(rules, client) }
        let draft = try OneLineFailure.of { () throws(OverrideError) in
            guard client != "all" || effect.kind == .limit else {
                throw OverrideError(description: "all means every client: name a client or a network")
            }
            return try Override(
                client: client, effect: effect, reason: term.reason, author: AuditOptions.actor, since: 0,
                until: term.duration.seconds * 1_000_000)
        }
        let store = try storeOptions.open()
        let change = try OneLineFailure.of { () throws(StoreError) in try store.put(draft) }
        for replaced in change.removed { print("ended \(replaced.summary)") }
        guard let made = change.made else { return }
        print(made.summary)
        auditOptions.write(.put(made), reason: term.reason, ended: change.removed.map(\.line))
    }

    /// Ends those overrides of the client that meet a condition, and prints them.
    ///
    /// - Parameters:
    ///   - kind: what the error calls an override that is missing.
    ///   - reason: why, for the audit trail.
    ///   - isMet: the condition.
    /// - Throws: `ExitCode.failure`, after the error is printed; that no override meets the condition is an error, too.
    func remove(_ kind: String, reason: String, where isMet: (Override) -> Bool) throws {
        let rules = try rulesOptions.load()
        let client = try overrideClient(rules)
        let store = try storeOptions.open()
        let change = try OneLineFailure.of { () throws(StoreError) in
            try store.removeOverrides { $0.client == client && isMet($0) }
        }
        try OneLineFailure.of { () throws(OverrideError) in
            guard !change.removed.isEmpty else {
                throw OverrideError(
                    description: "\(client) has no \(kind): fcgi-limiter override list prints what is in force")
            }
        }
        for removed in change.removed { print("ended \(removed.summary)") }
        auditOptions.write(.remove(client: client), reason: reason, ended: change.removed.map(\.line))
    }
}
