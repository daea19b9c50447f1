/// The answer to one request over all its policies.
public struct Verdict: Sendable {
    /// What the enforced policies say together.
    ///
    /// ``Admission/allowed``: every policy that allows was charged. Anything else: nothing was.
    public let admission: Admission
    /// One decision for each of the charge's entries, in their order.
    public let decisions: [Decision]
    /// The store's clock at the decision.
    public let now: Microseconds

    /// The verdict over `decisions`, which belong to `charge` entry by entry.
    public init(_ decisions: [Decision], on charge: Charge, now: Microseconds) {
        var admission = Admission.allowed
        for (entry, decision) in zip(charge.entries, decisions) where entry.policy.mode == .enforced {
            switch (decision.admission, admission) {
            case (.allowed, _), (_, .impossible): break
            case (.impossible, _): admission = .impossible
            case (.refused(let wait), .refused(let longest)): admission = .refused(retryAfter: max(wait, longest))
            case (.refused(let wait), .allowed): admission = .refused(retryAfter: wait)
            }
        }
        self.admission = admission
        self.decisions = decisions
        self.now = now
    }

    /// Whether every enforced policy allows.
    public var isAllowed: Bool { admission == .allowed }

    /// The index of the decision that a client should look at; `nil` where no policy is enforced.
    ///
    /// Of the enforced policies it is the one that refuses longest, or else the one with the smallest share of its limit
    /// left.
    public func governing(_ charge: Charge) -> Int? {
        var best: Int?
        for index in decisions.indices where charge.entries[index].policy.mode == .enforced {
            if let current = best, !decisions[index].isTighter(than: decisions[current]) { continue }
            best = index
        }
        return best
    }
}

extension Decision {
    fileprivate func isTighter(than other: Decision) -> Bool {
        func rank(_ decision: Decision) -> (Int, Microseconds) {
            switch decision.admission {
            case .impossible: (2, 0)
            case .refused(let retryAfter): (1, retryAfter)
            case .allowed: (0, 0)
            }
        }
        let (mine, its) = (rank(self), rank(other))
        if mine != its { return mine > its }
        // As fractions, without dividing: limits are at most 10^9, so the products fit.
        return remaining * other.limit < other.remaining * limit
    }
}
