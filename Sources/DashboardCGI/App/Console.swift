import Analytics
import FastCGI
import Limiters
import Rules
import Stores
import TextFormats

/// The pages and requests by which operators act.
struct Console {
    private let operators: Operators
    private let database: Database
    private let limiter: LiveStore
    private let log: AccessLog?

    init(_ operators: Operators, _ database: Database, _ limiter: LiveStore, _ log: AccessLog?) {
        self.operators = operators
        self.database = database
        self.limiter = limiter
        self.log = log
    }

    /// The content of a page.
    ///
    /// - Throws: ``Problem`` if the store or the database does not answer, or if a field is wrong.
    func content(_ name: PageName, _ request: Request, _ filter: Filter, now: Moment) throws(Problem) -> any PageContent
    {
        let fields = Self.fields(of: request)
        let (user, refusal) = user(of: request)
        switch name {
        case .confirm:
            let plan = try limiter.plan(try ConsoleAction(fields), by: user ?? "nobody")
            let query = try user.map { user throws(Problem) in
                ActionToken(try limiter.tokenHMAC()).query(plan.action, user: user, now: now)
            }
            return ConfirmView(
                plan, store: "\(limiter.location)", address: query.map { Filter.address("act", $0) }, refusal: refusal)
        case .trial: return try trial(request, filter, refusal, now: now)
        case .audit:
            return AuditView(try AuditRow.latest(client: filter.client, database), filter)
        default:
            let number = fields["done"].flatMap { Int64($0) }
            let done = try number.map { number throws(Problem) in try AuditRow.latest(number: number, database).first }
            return OverridesView(
                try limiter.overrides().overrides, policies: try limiter.policyNames(), done: done ?? nil,
                refusal: refusal, filter, now: now)
        }
    }

    /// Carries out the action of a request, and answers with the address of the page that shows the result.
    ///
    /// - Throws: ``Problem`` that says why nothing was done, or that the audit trail lacks what was done.
    func act(_ request: Request, now: Moment) throws(Problem) -> String {
        let user = try operators.name(of: request)
        try Origin.check(request)
        let fields = Self.fields(of: request)
        let action = try ConsoleAction(fields)
        try ActionToken(try limiter.tokenHMAC()).check(fields, action, user: user, now: now)
        let plan = try limiter.plan(action, by: user)
        let record = AuditRecord(
            actor: user, way: .dashboard, action: plan.audited, reason: action.reason, ended: plan.ended.map(\.line))
        let number = try database.insert(record) { () throws(Problem) in try limiter.carryOut(plan) }
        return Filter.address("overrides", [("done", "\(number)")])
    }

    /// The page on which operators try rules, with the result if the request is a trial.
    ///
    /// A trial changes nothing. It is guarded like an action because of its cost.
    private func trial(_ request: Request, _ filter: Filter, _ refusal: Problem?, now: Moment) throws(Problem)
        -> TrialView
    {
        let isTrial = request.text(of: "REQUEST_METHOD") == "POST"
        guard refusal == nil else {
            if isTrial, let refusal { throw refusal }
            return TrialView(refusal: refusal, limiter.path, log)
        }
        guard isTrial else {
            let text = try limiter.rulesText()
            return TrialView(text, policies: try limiter.policyNames(), limiter.path, log, filter)
        }
        try Origin.check(request)
        guard let body = request.body else {
            throw Problem(.malformed, "The rules are too long for this page.", "Try them with fcgi-limiter replay.")
        }
        let text = URLQuery(body[...]).dictionary["rules"] ?? ""
        var policies: [String] = []
        do throws(Problem) {
            guard let log else { throw AccessLog.missing }
            let rulebook = try limiter.edited(text)
            policies = rulebook.policies.map(\.name)
            let policy = rulebook.policies.first { $0.name == filter.policy } ?? rulebook.policies.first
            let trial = try log.replay(rulebook, trying: policy, over: filter.range.period)
            let result = TrialView.Result(trial, then: trial.covered.flatMap { blocked(in: $0, now: now) }, filter)
            return TrialView(text, policies: policies, limiter.path, log, filter, result: result)
        } catch {
            return TrialView(text, policies: policies, limiter.path, log, filter, problem: error)
        }
    }

    /// The blocked requests by policy that limiters counted in a period; `nil` if the database does not tell.
    private func blocked(in period: Period, now: Moment) -> [String: Int64]? {
        var filter = Filter(now: now)
        filter.range = TimeRange(from: period.start, to: period.end, now: now)
        guard let figures = try? Report(filter, database).figures() else { return nil }
        return Dictionary(Table.groups(figures, by: \.policy).map { ($0.key, $0.value.counts.blocked) }) { $1 }
    }

    /// The operator who sent a request, or why the sender is not an operator.
    private func user(of request: Request) -> (name: String?, refusal: Problem?) {
        do throws(Problem) { return (try operators.name(of: request), nil) } catch { return (nil, error) }
    }

    private static func fields(of request: Request) -> [String: String] {
        URLQuery(request.bytes(of: "QUERY_STRING") ?? []).dictionary
    }
}
