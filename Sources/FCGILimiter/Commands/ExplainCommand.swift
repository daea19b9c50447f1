import ArgumentParser
import Limiters
import Rules
import Startup
import Stores

/// `fcgi-limiter explain 'GET /path'`: prints which rules match a request and what they charge.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Print which rules match a request, whom they count and what they charge.",
        discussion: """
            With --store, also prints what the client has left there, and applies the overrides in that store. Nothing is \
            charged.
            """
    )

    @OptionGroup var rulesOptions: RulesOptions
    @OptionGroup var requestOptions: RequestOptions

    @Option(help: "The store to look up what the client has left, written as for serve. Default: none.")
    var store: StoreLocation?

    func run() throws {
        let rulebook = try rulesOptions.load()
        let store = try store?.openExisting()
        let list = try store.map { store in try OneLineFailure.of { () throws(StoreError) in try store.overrides() } }
        let (match, overrides, _, _) = rulebook.resolve(
            requestOptions.sample, overrides: rulebook.overrideTable(list?.overrides ?? []), now: list?.now ?? 0)
        switch match {
        case .banned(let identity):
            print(NamedClient.List.banned.text(identity, overrides.first))
        case .unlimited(.noRule):
            print("unlimited: no rule matches this request")
        case .unlimited(.exempt(let identity)):
            print(NamedClient.List.exempt.text(identity, overrides.first))
        case .unlimited(.rule(let rule)):
            print("unlimited: \(rule) in line \(rule.line) allows the request without counting it")
        case .limited(let charge, let matches):
            let decisions = try store.map { try Left.decisions(charge, in: $0) }
            for match in matches {
                print("\(match.rule) in line \(match.rule.line) counts \(match.identity.text), cost \(match.cost)")
            }
            Self.printPolicies(of: charge, rulebook, overrides, decisions)
        }
    }

    private static func printPolicies(
        of charge: Charge, _ rulebook: Rulebook, _ overrides: [Override], _ decisions: [Decision]?
    ) {
        for (index, entry) in charge.entries.enumerated() {
            let mode = entry.policy.mode == .shadow ? ", shadow" : ""
            let failure = entry.policy.onStoreFailure.map { ", \($0.rawValue) while the store is unavailable" } ?? ""
            let condition = rulebook.countConditions.isEmpty ? nil : rulebook.countConditions[Int(entry.tag)]
            let refund = condition.map { $0 == .always ? "" : ", \($0.text)" } ?? ""
            let cost = rulebook.answerCosts[Int(entry.tag)].map { Self.text($0, atFirst: entry.cost, rulebook) } ?? ""
            let units = entry.cost > 0 ? cost + refund : ", nothing charged"
            print("  \(entry.policy.name): \(entry.policy.quota.text)\(mode)\(units)\(failure), key \(entry.key.text)")
            // A rule may have a policy twice, for different clients.
            let override = overrides.first { $0.effect == .limit(entry.policy.quota.limit, policy: entry.policy.name) }
            if let override { print("    override: \(override.summary)") }
            if let decision = decisions?[index] { print("    \(Left.text(decision, of: entry.policy))") }
        }
    }

    /// How a charge is corrected.
    private static func text(_ cost: AnswerCost, atFirst: Int64, _ rulebook: Rulebook) -> String {
        let source = cost.source == .bytes ? "the bytes" : rulebook.costHeader ?? ""
        let unit = cost.scale > 1 ? " in units of \(cost.scale)" : ""
        return ", charged \(atFirst), then corrected to \(source) of the answer\(unit)"
    }
}

extension CountCondition {
    /// When a charge is given back.
    fileprivate var text: String {
        switch self {
        case .never: "released when the request ends"
        case .ifStatus(let statuses): "refunded unless the status is \(statuses.text)"
        case .unlessStatus(let statuses): "refunded if the status is \(statuses.text)"
        }
    }
}
