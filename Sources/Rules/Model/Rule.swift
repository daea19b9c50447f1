public import Limiters

/// When requests are counted, whom, what they cost, and by which policies.
public final class Rule: Sendable {
    /// The name that the file gives it; `nil` where it gives none.
    public let name: String?
    /// What counts by rule are labelled with: the path that it is for, or its name where that is any path.
    public let label: String
    /// Its place among the rules of its file, from 0.
    public let index: Int
    /// The line of its file that it begins on, from 1.
    public let line: Int

    /// What it asks of a request besides path and method.
    let conditions: [Condition]
    let action: RuleAction

    /// What the file says, as the rule at `index`.
    init(_ written: WrittenRule, index: Int) {
        name = written.name
        self.index = index
        line = written.field.line
        conditions = written.conditions
        action = written.action
        let path = written.patterns.first { $0 != .everything }
        label = path?.description ?? written.name ?? "rules[\(index)]"
    }

    /// Its policies, each as it is for a client without a plan; empty where the rule lets requests pass uncounted.
    public var policies: [Policy] { action.choices.map(\.standard) }

    /// Whether a request meets its conditions.
    func holds(for reading: inout RequestFacts, _ path: RequestPath) -> Bool {
        for condition in conditions where !condition.holds(for: &reading, path) { return false }
        return true
    }
}

extension Rule: CustomStringConvertible {
    /// Which one it is: `rules[0] data`.
    public var description: String { "rules[\(index)]" + (name.map { " " + $0 } ?? "") }
}
