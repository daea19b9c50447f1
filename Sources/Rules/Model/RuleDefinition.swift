/// A rule as its file defines it.
struct RuleDefinition {
    let name: String?
    /// The line of the file that the rule begins on, from 1.
    let line: Int
    let patterns: [PathPattern]
    let methods: MethodSet
    let conditions: [Condition]
    let action: RuleAction

    /// Whether this rule matches every request that `other` matches, so that a later `other` never applies.
    func covers(_ other: RuleDefinition) -> Bool {
        methods.isSuperset(of: other.methods)
            && other.patterns.allSatisfy { theirs in patterns.contains { $0.covers(theirs) } }
            && conditions.allSatisfy { mine in other.conditions.contains { mine.covers($0) } }
    }
}
