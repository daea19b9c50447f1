public import Limiters

/// A rule that matches a request.
public struct MatchedRule: Sendable {
    private let rulebook: Rulebook
    /// The rule's index in its file, from 0.
    public let ruleIndex: Int
    /// Whom the rule counts.
    public let identity: Identity
    /// The cost of the request under the rule, in units.
    public let cost: Int64

    init(rulebook: Rulebook, ruleIndex: Int, identity: Identity, cost: Int64) {
        self.rulebook = rulebook
        self.ruleIndex = ruleIndex
        self.identity = identity
        self.cost = cost
    }

    /// The rule.
    public var rule: Rule { rulebook.rules[ruleIndex] }
}
