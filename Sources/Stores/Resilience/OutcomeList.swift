import Limiters

/// The outcomes of a batch, which become known stage by stage: each stage is asked for what is still open.
struct OutcomeList {
    private let charges: [Charge]
    private var outcomes: [RequestOutcome?]
    private var openCount: Int

    /// A batch without outcomes.
    init(_ charges: [Charge]) {
        self.charges = charges
        outcomes = Array(repeating: nil, count: charges.count)
        openCount = charges.count
    }

    /// Asks `body` for each open charge; `nil` leaves it open.
    mutating func decide(_ body: (Charge) -> RequestOutcome?) {
        guard openCount > 0 else { return }
        for index in charges.indices where outcomes[index] == nil { set(index, body(charges[index])) }
    }

    /// Asks `body` for all open charges at once, if there are any.
    ///
    /// - Parameter body: returns an outcome for each charge from the first on; `nil` or no outcome leaves it open.
    mutating func decideAll(_ body: ([Charge]) -> [RequestOutcome?]) {
        guard openCount > 0 else { return }
        if openCount == charges.count {
            outcomes = body(charges)
            outcomes += repeatElement(nil, count: charges.count - outcomes.count)
            openCount = outcomes.count { $0 == nil }
        } else {
            let open = charges.indices.filter { outcomes[$0] == nil }
            for (index, outcome) in zip(open, body(open.map { charges[$0] })) { set(index, outcome) }
        }
    }

    /// One outcome for each charge; `rest` for those that are still open.
    func finished(_ rest: RequestOutcome) -> [RequestOutcome] {
        outcomes.map { $0 ?? rest }
    }

    private mutating func set(_ index: Int, _ outcome: RequestOutcome?) {
        guard let outcome else { return }
        outcomes[index] = outcome
        openCount -= 1
    }
}
