/// What happens to a request that a rule matches: for whom it counts, at what cost and by which policies.
///
/// Rules with the same action share one object, so that 10,000 rules take less memory and requests touch less of it.
final class RuleAction: Sendable {
    let selector: IdentitySelector
    let cost: Cost
    /// Empty if the rule lets requests pass uncounted.
    let choices: [PolicyChoice]

    /// Whom the rule and its policies count.
    var selectors: [IdentitySelector] { choices.map { $0.selector ?? selector } }

    init(selector: IdentitySelector, cost: Cost, choices: [PolicyChoice]) {
        self.selector = selector
        self.cost = cost
        self.choices = choices
    }
}
