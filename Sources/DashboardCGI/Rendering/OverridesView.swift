import Limiters
import Stores

/// The overrides in force, and the form for another one.
struct OverridesView: PageContent {
    static let template = "overrides"

    /// What was just done, and the links that undo it.
    struct Done {
        let text: String
        let undo: [LinkView]
    }

    /// One choice of a field.
    struct Choice {
        let value: String
        let text: String
        let isChosen: Bool
    }

    /// Why the user may only read; `nil` for an operator.
    let refusal: ProblemView?
    let done: Done?
    let table: TableView
    /// The client that the form begins with.
    let client: String
    let policies: [Choice]

    init(
        _ overrides: [Override], policies names: [String], done row: AuditRow?, refusal: Problem?, _ filter: Filter,
        now: Moment
    ) {
        self.refusal = refusal.map(ProblemView.init)
        done = row.map { row in
            let undo = row.undoing(at: now).map { action in
                LinkView(address: Filter.address("confirm", action.fields), text: "Undo: \(action.sentence)")
            }
            return Done(text: "Done: \(row.text), \(row.client).", undo: undo)
        }
        let shown = filter.client.map { client in overrides.filter { $0.client == client } } ?? overrides
        table = TableView(
            .overrides(shown), "Overrides in force", empty: "No override is in force.", filter, on: .overrides)
        client = filter.client ?? ""
        policies = names.map { Choice(value: $0, text: $0, isChosen: $0 == filter.policy) }
    }
}

/// What operators did.
struct AuditView: PageContent {
    static let template = "audit"

    let table: TableView

    init(_ rows: [AuditRow], _ filter: Filter) {
        table = TableView(.audit(rows), "Audit trail", empty: "No operator has acted.", filter, on: .audit)
    }
}
