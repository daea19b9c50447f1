/// What becomes of a request that meets a rule: whom it counts for, what it costs, by which policies.
///
/// Rules that say the same share one: 10,000 rules take less memory, and requests touch less of it.
final class RuleAction: Sendable {
    let counting: IdentitySelector
    let cost: Cost
    /// None where the rule lets requests pass uncounted.
    let choices: [PolicyChoice]

    init(counting: IdentitySelector, cost: Cost, choices: [PolicyChoice]) {
        self.counting = counting
        self.cost = cost
        self.choices = choices
    }
}
