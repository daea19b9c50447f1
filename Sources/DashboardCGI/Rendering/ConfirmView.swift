import Limiters
import Stores

/// What an action will do, before it is done.
struct ConfirmView: PageContent {
    static let template = "confirm"

    let title: String
    /// What will happen, a sentence each.
    let effects: [String]
    /// The command that does the same.
    let command: String
    /// Where the button sends the request; `nil` for a user who may not act.
    let address: String?
    let refusal: ProblemView?

    init(_ plan: LiveStore.Plan, store: String, address: String?, refusal: Problem?) {
        title = plan.action.sentence
        command = plan.action.command
        self.address = address
        self.refusal = refusal.map(ProblemView.init)
        var effects = [plan.effect + " This takes effect on all limiters of \(store) within a second."]
        if let made = plan.made {
            effects.append("The override ends by itself at \(made.untilText) and can be undone.")
        }
        effects += plan.ended.map { "Ends now: \($0.summary)." }
        self.effects = effects
    }
}

extension ConsoleAction {
    /// The action in a few words.
    var sentence: String {
        switch kind {
        case .ban: "Ban \(client)"
        case .exempt: "Exempt \(client)"
        case .limit: "Limit \(client) to \(limit ?? 0) in \(policy ?? "")"
        case .remove: "Remove the \(policy.map { "limit in \($0)" } ?? "ban or exemption") of \(client)"
        case .reset: "Reset \(client)"
        }
    }
}

extension LiveStore.Plan {
    /// What will happen to the client's requests.
    fileprivate var effect: String {
        switch action.kind {
        case .ban: "All requests of \(action.client) are answered with 403."
        case .exempt: "All requests of \(action.client) pass uncounted."
        case .limit:
            "The policy \(action.policy ?? "") allows \(action.client) \(action.limit ?? 0) units per window. Units "
                + "that were used still count."
        case .remove: "The rules decide about \(action.client) again."
        case .reset:
            "The counts of \(action.client) are forgotten: full quotas in \(keys.count) policies. This cannot be undone."
        }
    }
}
