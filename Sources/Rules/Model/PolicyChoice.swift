import Limiters

/// A policy whose quota may depend on the client's plan.
struct PolicyChoice: Sendable {
    /// The policy for clients without a plan, or with one that this policy does not know.
    let standard: Policy
    /// The policies by the plan's name.
    let byPlan: [Bytes: Policy]
    /// Whom the policy counts, whatever rule it is in; `nil` if the rule decides.
    let selector: IdentitySelector?
    /// Which endings of a request count; `nil` if all do.
    let condition: CountCondition?

    func policy(_ facts: inout RequestFacts) -> Policy {
        byPlan.isEmpty ? standard : policy(plan: facts.plan())
    }

    func policy(plan: Bytes?) -> Policy {
        plan.flatMap { byPlan[$0] } ?? standard
    }
}
