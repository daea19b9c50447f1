import Limiters

/// Finds rules that a client can evade by sending a different API key, cookie, header or parameter with each request.
struct ChosenIdentities {
    private(set) var warnings: [RulesWarning] = []

    private let hasKeyFile: Bool

    /// Compares all rules; `fields` has the field of each.
    init(_ settings: RequestSettings, _ matching: Rulebook.Matching, _ rules: [RuleDefinition], fields: [Field]) {
        hasKeyFile = settings.keys != nil
        let bounded = matching == .all ? rules.filter { limitsAddresses($0.action) } : []
        for (rule, field) in zip(rules, fields) where !limitsAddresses(rule.action) {
            guard let source = rule.action.selectors.compactMap({ chosenSource(of: $0) }).first,
                !bounded.contains(where: { $0.covers(rule) })
            else { continue }
            let keyFile = source == .apiKey ? "list the keys in api_keys.file, or " : ""
            warnings.append(
                field.warning(
                    """
                    counts clients by \(source.label), which they choose, so a client can have a new limit for each \
                    request; \(keyFile)add a policy with count: address
                    """))
        }
    }

    /// Whether an enforced policy counts something that clients cannot choose.
    private func limitsAddresses(_ action: RuleAction) -> Bool {
        zip(action.choices, action.selectors).contains { choice, selector in
            choice.standard.mode == .enforced && chosenSource(of: selector) == nil
        }
    }

    private func chosenSource(of selector: IdentitySelector) -> Source? {
        selector.alternatives.joined().first { $0 == .apiKey ? !hasKeyFile : $0.isChosenByClients }
    }
}
