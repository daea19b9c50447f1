import Limiters
import TextFormats

/// Reads the rules of a rules file, one after another.
struct RuleReader {
    private static let example = "{ match: { path: /api/** }, policies: [data] }"

    let policies: PolicyReader
    let matching: Rulebook.Matching
    let normalization: PathNormalization

    private(set) var rules: [RuleDefinition] = []
    /// The field of each rule, for warnings.
    private(set) var fields: [Field] = []
    private(set) var warnings: [RulesWarning] = []
    private var linesByName: [String: Int] = [:]
    /// Actions by the texts that define them.
    private var actions: [[String]: RuleAction] = [:]

    init(policies: PolicyReader, matching: Rulebook.Matching, normalization: PathNormalization) {
        self.policies = policies
        self.matching = matching
        self.normalization = normalization
    }

    mutating func read(_ field: Field) throws(RulesError) {
        for rule in try field.list("- " + Self.example) {
            rules.append(try definition(rule))
            fields.append(rule)
        }
    }

    private mutating func definition(_ field: Field) throws(RulesError) -> RuleDefinition {
        let members = try field.members(named: ["name", "match", "count", "cost", "policies"], Self.example)
        let match = try MatchReader(members["match"], normalization)
        return RuleDefinition(
            name: try name(members["name"]), line: field.line, patterns: match.patterns, methods: match.methods,
            conditions: match.conditions, action: try action(members))
    }

    private mutating func action(_ members: Members) throws(RulesError) -> RuleAction {
        let choices = try choices(members)
        let count = try members["count"]?.text("api_key or address")
        let cost = try members["cost"]?.text("5")
        let key = [count ?? "", cost ?? ""] + choices.map(\.standard.name)
        if let known = actions[key] { return known }
        let action = RuleAction(
            selector: try members["count"]?.identitySelector() ?? .address,
            cost: try self.cost(members["cost"], choices), choices: choices)
        actions[key] = action
        return action
    }

    private mutating func name(_ field: Field?) throws(RulesError) -> String? {
        guard let field else { return nil }
        let text = try field.text("a name")
        if let line = linesByName.updateValue(field.line, forKey: text) {
            throw field.error("is already the name of the rule in line \(line); write another", value: text)
        }
        return text
    }

    private func choices(_ members: Members) throws(RulesError) -> [PolicyChoice] {
        let field = try members.required("policies", "[\(policies.names[0])]")
        if field.scalar == "none" {
            guard matching == .first else {
                throw field.error("has no effect with matching: all; write matching: first", value: "none")
            }
            return []
        }
        var names: [String] = []
        var choices: [PolicyChoice] = []
        for policy in try field.oneOrMore("[\(policies.names[0])], or policies: none to let requests pass") {
            let text = try policy.text(policies.names[0])
            guard let choice = policies.choices[text] else {
                let remedy = nearest(to: text, among: policies.names) ?? alternatives(policies.names)
                throw policy.error("is not a policy of this file; write \(remedy)", value: text)
            }
            guard !names.contains(text) else {
                throw policy.error("appears twice in this list; write it once", value: text)
            }
            names.append(text)
            choices.append(choice)
        }
        return choices
    }

    private mutating func cost(_ field: Field?, _ choices: [PolicyChoice]) throws(RulesError) -> Cost {
        guard let field else { return .fixed(1) }
        let text = try field.text("5")
        let words = text.split(whereSeparator: \.isWhitespace)
        if words.first == "variable", words.count == 2 {
            if words[1].hasPrefix("HTTP_") {
                let remedy = "name a variable that the web server sets"
                warnings.append(field.warning("lets clients choose what their requests cost; \(remedy)", value: text))
            }
            return .variable(Array(words[1].utf8))
        }
        guard let cost = decimalValue(text.utf8), cost <= Quota.largestLimit else {
            let remedy = "write 0 to \(Quota.largestLimit), or variable X_COST for a variable of the web server"
            throw field.error("is not a cost; \(remedy)", value: text)
        }
        for choice in choices {
            let largest = choice.largestLimit
            guard choice.answerCost == nil else { continue }
            guard cost <= largest else {
                let name = choice.standard.name
                throw field.error(
                    "exceeds the limit of policy \(name), so every request would be refused; write at most \(largest)",
                    value: text)
            }
        }
        return .fixed(cost)
    }
}

extension Field {
    func identitySelector() throws(RulesError) -> IdentitySelector {
        try parsed("api_key or address") { text throws(ParseError) in try IdentitySelector(text) }
    }

    func source(_ example: String) throws(RulesError) -> Source {
        try parsed(example) { text throws(ParseError) in try Source(text) }
    }
}
