/// The answer to one request over all its policies.
public struct Verdict: Sendable {
    /// The request.
    public let charge: Charge
    /// What the enforced policies say together.
    ///
    /// ``Admission/allowed``: every policy that allows was charged. Anything else: nothing was.
    public let admission: Admission
    /// One decision for each of the charge's entries, in their order.
    public let decisions: [Decision]
    /// The index of the decision that matters most to the client; `nil` if no policy is enforced.
    ///
    /// Among the enforced policies it is the one with the longest wait, or else the one with the smallest share of its
    /// limit left.
    public let governing: Int?
    /// The store's clock at the decision.
    public let now: Microseconds

    /// The clock at each decision; `nil` if ``now`` is the clock of all.
    private let clocks: [Microseconds]?

    /// The longest wait after a refusal of too many requests at once, any of which may end at any time.
    private static let atOnceWait: Microseconds = 1_000_000

    /// The verdict of `decisions`, one for each entry of `charge`.
    ///
    /// - Parameters:
    ///   - decisions: the decisions.
    ///   - charge: the request.
    ///   - now: the store's clock.
    ///   - clocks: the clock at each decision, if parts of a store with clocks of their own have made them.
    public init(_ decisions: [Decision], on charge: Charge, now: Microseconds, clocks: [Microseconds]? = nil) {
        var decisions = decisions
        for (index, entry) in charge.entries.enumerated() where entry.policy.quota.algorithm == .atOnce {
            decisions[index] = decisions[index].waiting(atMost: Self.atOnceWait)
        }
        var admission = Admission.allowed
        var governing: Int?
        for (index, decision) in decisions.enumerated() where charge.entries[index].policy.mode == .enforced {
            if governing.map({ decision.isTighter(than: decisions[$0]) }) ?? true { governing = index }
            switch (decision.admission, admission) {
            case (.allowed, _), (_, .impossible): break
            case (.impossible, _): admission = .impossible
            case (.refused(let wait), .refused(let longest)): admission = .refused(retryAfter: max(wait, longest))
            case (.refused(let wait), .allowed): admission = .refused(retryAfter: wait)
            }
        }
        self.charge = charge
        self.admission = admission
        self.governing = governing
        self.decisions = decisions
        self.now = now
        self.clocks = clocks
    }

    /// Whether a refund after another request may end this refusal before its time.
    public var mayEndEarly: Bool {
        !isAllowed
            && charge.entries.indices.contains { index in
                charge.entries[index].policy.isRefundable && charge.entries[index].policy.mode == .enforced
                    && decisions[index].admission != .allowed
            }
    }

    /// What was charged and may be corrected when the request has ended, in the order of the entries.
    ///
    /// - Parameters:
    ///   - conditions: which endings count under the policy of each tag; `nil` if all do.
    ///   - answerCosts: what tells the cost under the policy of each tag; `nil` if the charge is it.
    /// - Returns: nothing if the request is refused.
    public func correctable(_ conditions: [CountCondition?], _ answerCosts: [AnswerCost?]) -> [Receipt.Item] {
        guard isAllowed else { return [] }
        return charge.entries.enumerated().compactMap { index, entry in
            guard let condition = conditions[Int(entry.tag)],
                let refund = Refund(entry, by: decisions[index], now: clock(of: index))
            else { return nil }
            return Receipt.Item(refund, condition, answerCosts[Int(entry.tag)])
        }
    }

    /// The clock at the decision with this index.
    public func clock(of index: Int) -> Microseconds { clocks?[index] ?? now }

    /// Whether every enforced policy allows the request.
    public var isAllowed: Bool { admission == .allowed }
}

extension Decision {
    fileprivate func waiting(atMost longest: Microseconds) -> Decision {
        guard let wait = retryAfter, wait > longest else { return self }
        return Decision(
            admission: .refused(retryAfter: longest), limit: limit, remaining: remaining, resetAfter: resetAfter)
    }

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
        // Compared as fractions without dividing. Limits are at most 10^9, so the products do not overflow.
        return remaining * other.limit < other.remaining * limit
    }
}
