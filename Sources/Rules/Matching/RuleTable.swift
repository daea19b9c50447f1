/// All rules, found by a request's path.
final class RuleTable: Sendable {
    /// What is asked of a rule before it is known to be the one.
    ///
    /// It stands apart from the rule and is small, so that with 10,000 rules all that a search touches stays in the
    /// processor's nearer memory.
    struct Candidate: Sendable {
        /// Its place among the rules.
        let rule: Int32
        /// What it does, among ``RuleTable/actions``.
        let action: Int32
        let methods: MethodSet
        let hasConditions: Bool
    }

    /// In the order of the file.
    let rules: [Rule]
    let actions: [RuleAction]
    private let paths: PathTrie
    /// In the order of the members of `paths`.
    private let candidates: [Candidate]

    init(_ written: [WrittenRule]) {
        var actions: [RuleAction] = []
        var places: [ObjectIdentifier: Int32] = [:]
        var rules: [Rule] = []
        rules.reserveCapacity(written.count)
        var patterns: [(pattern: PathPattern, rule: Int)] = []
        let all = written.enumerated().map { index, rule in
            let action = places[ObjectIdentifier(rule.action)] ?? Int32(actions.count)
            if action == actions.count {
                places[ObjectIdentifier(rule.action)] = action
                actions.append(rule.action)
            }
            rules.append(Rule(rule, index: index))
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

    /// Whether a rule is only for some methods.
    var asksForMethods: Bool { candidates.contains { $0.methods != .all } }

    /// Of the rules that a request meets, the first in the file.
    func first(for path: RequestPath, _ reading: inout RequestFacts) -> Candidate? {
        var best: Candidate?
        paths.visit(path) { members in
            for member in members {
                let candidate = candidates[member]
                if let best, best.rule <= candidate.rule { return }
                if holds(candidate, path, &reading) {
                    best = candidate
                    return
                }
            }
        }
        return best
    }

    /// The rules that a request meets, in the order of the file.
    func all(for path: RequestPath, _ reading: inout RequestFacts) -> [Candidate] {
        var found: [Candidate] = []
        paths.visit(path) { members in
            for member in members where holds(candidates[member], path, &reading) { found.append(candidates[member]) }
        }
        found.sort { $0.rule < $1.rule }
        // A rule with several paths may be there twice.
        return found.enumerated().filter { $0 == 0 || found[$0 - 1].rule != $1.rule }.map(\.element)
    }

    private func holds(_ candidate: Candidate, _ path: RequestPath, _ reading: inout RequestFacts) -> Bool {
        if candidate.methods != .all, candidate.methods.isDisjoint(with: reading.readMethod()) { return false }
        return !candidate.hasConditions || rules[Int(candidate.rule)].holds(for: &reading, path)
    }
}
