import Limiters

/// A policy of one name that allows different clients different amounts.
struct PolicyChoice: Sendable {
    /// For clients without a plan, or with one that this policy does not know.
    let standard: Policy
    /// By the plan's name.
    let byPlan: [Bytes: Policy]

    func policy(_ reading: inout RequestFacts) -> Policy {
        guard !byPlan.isEmpty, let plan = reading.readPlan() else { return standard }
        return byPlan[plan] ?? standard
    }
}
