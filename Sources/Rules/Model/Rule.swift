public import Limiters

/// Which requests are counted, for whom, at what cost and by which policies.
public final class Rule: Sendable {
    /// The name in the file; `nil` if it has none.
    public let name: String?
    /// The label of counts by rule: the rule's first path, or its name if it matches any path.
    public let label: String
    /// The rule's index in its file, from 0.
    public let index: Int
    /// The tag of the rule's first policy; see ``Rulebook/taggedPolicies``.
    let firstTag: Int32
    /// The line of the file that the rule begins on, from 1.
    public let line: Int

    /// What the rule requires of a request besides path and method.
    let conditions: [Condition]
    let action: RuleAction

    init(_ definition: RuleDefinition, index: Int, firstTag: Int32) {
        name = definition.name
        self.index = index
        self.firstTag = firstTag
        line = definition.line
        conditions = definition.conditions
        action = definition.action
        let path = definition.patterns.first { $0 != .everything }
        label = path?.description ?? definition.name ?? "rules[\(index)]"
    }

    /// The rule's policies as they apply to a client without a plan; empty if the rule lets requests pass uncounted.
    public var policies: [Policy] { action.choices.map(\.standard) }

    /// Whether a request meets the rule's conditions.
    func holds(for facts: inout RequestFacts, _ path: RequestPath) -> Bool {
        for condition in conditions where !condition.holds(for: &facts, path) { return false }
        return true
    }
}

extension Rule: CustomStringConvertible {
    /// The rule's index and name: `rules[0] data`.
    public var description: String { "rules[\(index)]" + (name.map { " " + $0 } ?? "") }
}
