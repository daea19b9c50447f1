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
    /// What tells the cost when a request has ended; `nil` if the rule does.
    let answerCost: AnswerCost?
    /// What a request is charged first if its answer tells the cost.
    let atFirst: Int64

    /// What a request is charged under a rule with this cost.
    func cost(_ cost: Int64) -> Int64 { answerCost == nil || cost == 0 ? cost : atFirst }

    /// The largest limit of any plan.
    var largestLimit: Int64 { byPlan.values.map(\.quota.limit).reduce(standard.quota.limit, max) }

    func policy(_ facts: inout RequestFacts) -> Policy {
        byPlan.isEmpty ? standard : policy(plan: facts.plan())
    }

    func policy(plan: Bytes?) -> Policy {
        plan.flatMap { byPlan[$0] } ?? standard
    }
}
