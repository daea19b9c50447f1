import Limiters
import Rules

/// Trying rules on what happened: edited rules, and what they would have done with the requests of the access log.
struct TrialView: PageContent {
    static let template = "trial"

    /// The fields of the form.
    struct Form {
        let text: String
        /// The range in the form of `datetime-local` fields.
        let from: String
        let to: String
        let policies: [OverridesView.Choice]
    }

    /// What the rules would have done.
    struct Result {
        private static let mostClients = 20

        let summary: String
        let policies: TableView
        let limits: TableView?
        let clients: TableView

        init(_ trial: AccessLog.Trial, then: [String: Int64]?, _ filter: Filter) {
            let (replay, total) = (trial.replay, trial.replay.total)
            func figure(_ count: Int) -> String { Figure.count(Int64(count)) }
            let share = Figure.share(Double(total.refused) / Double(max(1, total.requests)))
            let covered = trial.covered.map { " from \($0.start.iso) to \($0.end.iso)" } ?? ""
            summary =
                "\(figure(total.requests)) requests\(covered): these rules refuse \(figure(total.refused)) (\(share)), and "
                + "\(figure(total.refusedThen)) were answered with 429 at the time. \(figure(replay.unlimited)) match no rule, "
                + "\(figure(replay.banned)) are of banned clients, and \(figure(trial.unreadable)) lines have another format."
                + (trial.cut.map { " The trial ended early, after \($0): choose a shorter time." } ?? "")
            let empty = "These rules limit no request of this time."
            policies = TableView(
                .trialPolicies(replay, then: then), "By policy", empty: empty, filter, on: .trial)
            limits = replay.trial.map { trial in
                TableView(
                    .trialLimits(trial),
                    "Limits of \(trial.policy.name) per \(Figure.seconds(Double(trial.policy.quota.window) / 1_000_000))",
                    empty: empty, filter, on: .trial)
            }
            clients = TableView(
                .trialClients(replay, most: Self.mostClients), "By client",
                empty: "No client would be refused, and none was.",
                filter, on: .trial)
        }
    }

    /// Why the user may not try rules; `nil` for an operator.
    let refusal: ProblemView?
    /// What is wrong with the rules or the log; `nil` if nothing is.
    let problem: ProblemView?
    /// The command that does the same.
    let command: String
    /// `nil` for users who may not try rules: a rules file may name keys.
    let form: Form?
    let result: Result?

    /// The page for somebody who may not try rules.
    init(refusal: Problem?, _ path: String?, _ log: AccessLog?) {
        self.refusal = refusal.map(ProblemView.init)
        (problem, form, result) = (nil, nil, nil)
        command = Self.command(path, log, policy: nil)
    }

    init(
        _ text: String, policies: [String], _ path: String?, _ log: AccessLog?, _ filter: Filter,
        problem: Problem? = nil, result: Result? = nil
    ) {
        refusal = nil
        self.problem = (problem ?? (log == nil ? AccessLog.missing : nil)).map(ProblemView.init)
        self.result = result
        let range = filter.range
        form = Form(
            text: text, from: range.start.dateAndMinute, to: range.end.adding(59).dateAndMinute,
            policies: policies.map { .init(value: $0, text: $0, isChosen: $0 == filter.policy) })
        command = Self.command(path, log, policy: filter.policy ?? policies.first)
    }

    private static func command(_ path: String?, _ log: AccessLog?, policy: String?) -> String {
        "fcgi-limiter replay \(path.map { "--rules \($0) " } ?? "")\(log?.path ?? "access.log")"
            + (policy.map { " --find-limit \($0)" } ?? "")
    }
}

extension AccessLog {
    /// Why no rules can be tried.
    static let missing = Problem(
        .unavailable, "No access log is named.", "Start the dashboard with --access-log and the log of the web server.")
}
