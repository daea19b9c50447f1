/// All rules, found by a request's path.
final class RuleTable: Sendable {
    /// What a search needs to know about a rule.
    ///
    /// A candidate is small and stored apart from its rule, so that with 10,000 rules all that a search touches stays in the
    /// processor's caches.
    struct Candidate: Sendable {
        /// The index of the rule.
        let rule: Int32
        /// The index of its action in ``RuleTable/actions``.
        let action: Int32
        let methods: MethodSet
        let hasConditions: Bool
    }

    /// The rules in the order of the file.
    let rules: [Rule]
    let actions: [RuleAction]
    private let paths: PathTrie
    /// The candidates for the members of `paths`, in their order.
    private let candidates: [Candidate]

    init(_ definitions: [RuleDefinition]) {
        var actions: [RuleAction] = []
        var indices: [ObjectIdentifier: Int32] = [:]
        var rules: [Rule] = []
        rules.reserveCapacity(definitions.count)
        var nextTag: Int32 = 0
        var patterns: [(pattern: PathPattern, rule: Int)] = []
        let all = definitions.enumerated().map { index, rule in
            let action = indices[ObjectIdentifier(rule.action)] ?? Int32(actions.count)
            if action == actions.count {
                indices[ObjectIdentifier(rule.action)] = action
                actions.append(rule.action)
            }
            rules.append(Rule(rule, index: index, firstTag: nextTag))
            nextTag += Int32(rule.action.choices.count)
            patterns += rule.patterns.map { (pattern: $0, rule: index) }
            return Candidate(
                rule: Int32(index), action: action, methods: rule.methods,
                hasConditions: !rule.conditions.isEmpty)
        }
        let paths = PathTrie(patterns)
        self.rules = rules
        self.actions = actions
        self.paths = paths
        candidates = paths.members.map { all[Int($0)] }
    }

    /// The first rule in the file that matches a request.
    func first(for path: RequestPath, _ facts: inout RequestFacts) -> Candidate? {
        var best: Candidate?
        paths.visit(path) { members in
            for member in members {
                let candidate = candidates[member]
                if let best, best.rule <= candidate.rule { return }
                if holds(candidate, path, &facts) {
                    best = candidate
                    return
                }
            }
        }
        return best
    }

    /// The rules that match a request, in the order of the file.
    func all(for path: RequestPath, _ facts: inout RequestFacts) -> [Candidate] {
        var found: [Candidate] = []
        paths.visit(path) { members in
            for member in members where holds(candidates[member], path, &facts) { found.append(candidates[member]) }
        }
        found.sort { $0.rule < $1.rule }
        // A rule with several paths may have been found more than once.
        return found.enumerated().filter { $0 == 0 || found[$0 - 1].rule != $1.rule }.map(\.element)
    }

    private func holds(_ candidate: Candidate, _ path: RequestPath, _ facts: inout RequestFacts) -> Bool {
        if candidate.methods == .all {
            // Browsers send preflights by themselves, so only a rule that names OPTIONS counts them.
            if facts.isPreflight() { return false }
        } else if candidate.methods.isDisjoint(with: facts.method()) {
            return false
        }
        return !candidate.hasConditions || rules[Int(candidate.rule)].holds(for: &facts, path)
    }
}
