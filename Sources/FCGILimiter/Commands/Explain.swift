import ArgumentParser
import Limiters
import Rules
import Stores

/// `fcgi-limiter explain 'GET /path'`: what the rules make of a request.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what the rules make of a request, and with --store what its client has left.",
        discussion: "Nothing is charged."
    )

    @OptionGroup var rulesOptions: RulesOptions
    @OptionGroup var requestOptions: RequestOptions

    @Option(help: "Also look what is left there, as for serve.")
    var store: String?

    func run() throws {
        let rulebook = try rulesOptions.load()
        let store = try store.map { try StoreOptions.open($0) }
        switch rulebook.match(for: try requestOptions.facts()) {
        case .banned(let identity):
            print("banned: \(identity.text) is on the list; the answer is 403")
        case .unlimited(.noRule):
            print("unlimited: no rule is for this request")
        case .unlimited(.exempt(let identity)):
            print("unlimited: \(identity.text) is on the list of the exempt")
        case .unlimited(.rule(let rule)):
            print("unlimited: \(rule) in line \(rule.line) lets it pass uncounted")
        case .limited(let charge, let matches):
            let decisions = try store.map { try Left.decisions(charge, in: $0) }
            for match in matches {
                print("\(match.rule) in line \(match.rule.line) counts \(match.identity.text), cost \(match.cost)")
            }
            Self.printPolicies(of: charge, decisions)
        }
    }

    private static func printPolicies(of charge: Charge, _ decisions: [Decision]?) {
        for (index, entry) in charge.entries.enumerated() {
            let mode = entry.policy.mode == .shadow ? ", shadow" : ""
            let failure = entry.policy.onStoreFailure.map { ", \($0.rawValue) while the store is away" } ?? ""
            print("  \(entry.policy.name): \(entry.policy.quota.text)\(mode)\(failure), key \(entry.key.text)")
            if let decision = decisions?[index] { print("    \(Left.text(decision))") }
        }
    }
}
