import Limiters

/// A policy of one name that allows different clients different amounts.
struct PolicyChoice: Sendable {
    /// For clients without a plan, or with one that this policy does not know.
    let standard: Policy
    /// By the plan's name.
    let byTier: [Bytes: Policy]

    func policy(_ reading: inout Reading) -> Policy {
        guard !byTier.isEmpty, let tier = reading.readTier() else { return standard }
        return byTier[tier] ?? standard
    }
}
