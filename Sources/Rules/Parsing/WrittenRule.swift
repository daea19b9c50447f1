/// A rule as its file says it.
struct WrittenRule {
    let field: Field
    let name: String?
    let patterns: [PathPattern]
    let methods: MethodSet
    let conditions: [Condition]
    let action: RuleAction

    /// Whether each request that this rule is for is one that the other is for: in front of it, it leaves it none.
    func covers(_ other: WrittenRule) -> Bool {
        methods.isSuperset(of: other.methods)
            && other.patterns.allSatisfy { its in patterns.contains { $0.covers(its) } }
            && conditions.allSatisfy { mine in other.conditions.contains { mine.covers($0) } }
    }
}
