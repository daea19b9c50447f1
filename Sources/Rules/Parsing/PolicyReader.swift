import Limiters

/// Reads the policies of a rules file.
struct PolicyReader {
    private static let example = "{ limit: 10 per minute }"
    /// The lease of a limit at once if the file names none.
    private static let usualLease: Microseconds = 600_000_000
    /// The valid leases: the ending reports of longer requests would come too late to be settled.
    private static let leases: ClosedRange<Microseconds> = 1_000_000...Receipt.maximumAge

    private let mode: Policy.Mode

    /// The names in the order of the file.
    private(set) var names: [String] = []
    private(set) var choices: [String: PolicyChoice] = [:]
    /// The field of each policy, for warnings.
    private(set) var fields: [String: Field] = [:]
    private var answerCosts = AnswerCostReader()
    /// The header that tells costs; `nil` if no policy reads one.
    var costHeader: String? { answerCosts.header }
    /// The plans that any policy has.
    private(set) var plans: Set<String> = []

    /// Reads a mapping of names to policies; in shadow mode, all of them are shadow policies.
    init(_ field: Field, mode: Policy.Mode) throws(RulesError) {
        self.mode = mode
        for (name, value) in try field.members("data: \(Self.example)") {
            let text = try name.text("a name")
            names.append(text)
            fields[text] = name
            choices[text] = try choice(named: text, name, value)
        }
    }

    var all: [Policy] { names.compactMap { choices[$0]?.standard } }

    private mutating func choice(
        named name: String, _ nameField: Field, _ field: Field
    ) throws(RulesError) -> PolicyChoice {
        let members = try field.members(
            named: [
                "limit", "plans", "lease", "algorithm", "mode", "on_store_failure", "count", "count_if", "count_unless",
                "cost", "at_first",
            ], Self.example)
        let planFields = try members["plans"]?.members("{ free: 10 per minute, gold: 100 per minute }, or leave it out")
        let limits = [members["limit"]].compactMap { $0 } + (planFields ?? []).map(\.value)
        let answerCost = try answerCosts.read(members, limits)
        var condition = try members.countCondition() ?? (answerCost == nil ? nil : .always)
        let counting = try members["algorithm"]?.choice(CountingName.self) ?? .slidingWindow
        let lease = try members["lease"]?.parsed("10 minutes") { text throws(ParseError) in
            let lease = try QuotaText.duration(text)
            guard Self.leases.contains(lease) else { throw ParseError("is out of range; write 1 second to 1 day") }
            return lease
        }
        let isShadow = try members["mode"]?.choice(ModeName.self) == .shadow || self.mode == .shadow
        let mode: Policy.Mode = isShadow ? .shadow : .enforced
        let onStoreFailure = try members["on_store_failure"]?.choice(StoreFailureAnswer.self)

        func policy(_ field: Field) throws(RulesError) -> Policy {
            let quota = try Self.quota(field, counting, lease: lease, scale: answerCost?.0.scale ?? 1)
            do throws(PolicyNameError) {
                return try Policy(
                    name: name, quota: quota, mode: mode, onStoreFailure: onStoreFailure,
                    isRefundable: condition != nil)
            } catch {
                let remedy = "use 1 to 64 letters, digits, _, - and ."
                throw nameField.error("is not a valid name for a policy; \(remedy)", value: name)
            }
        }

        var standard = try members["limit"].map(policy)
        var byPlan: [Bytes: Policy] = [:]
        for (plan, value) in planFields ?? [] {
            let planName = try plan.text("a plan's name")
            let policy = try policy(value)
            plans.insert(planName)
            byPlan[Array(planName.utf8)[...]] = policy
            standard = standard ?? policy
        }
        guard let standard else { throw field.error("has no limit; write limit: 10 per minute") }
        let isAtOnce = standard.quota.algorithm == .atOnce
        if let plans = members["plans"], byPlan.values.contains(where: { ($0.quota.algorithm == .atOnce) != isAtOnce })
        {
            throw plans.error("mixes limits at once and limits per time; write two policies")
        }
        if isAtOnce {
            for name in ["algorithm", "count_if", "count_unless", "cost"] {
                if let field = members[name] { throw field.error("has no meaning for a limit at once; leave it out") }
            }
            condition = .never
        } else if let field = members["lease"] {
            throw field.error("has no meaning without a limit at once; write limit: 5 at once, or leave it out")
        }
        let choice = PolicyChoice(
            standard: standard, byPlan: byPlan, selector: try members["count"]?.identitySelector(),
            condition: condition, answerCost: answerCost?.0, atFirst: answerCost?.atFirst ?? 1)
        if let field = members["at_first"], choice.atFirst > choice.largestLimit {
            throw field.error("exceeds the limit, so every request would be refused; write less")
        }
        return choice
    }

    private static func quota(
        _ field: Field, _ counting: CountingName, lease: Microseconds?, scale: Int64
    ) throws(RulesError) -> Quota {
        try field.parsed("10 per minute") { text throws(ParseError) in
            let written = try QuotaText(text)
            do throws(QuotaError) {
                guard let window = written.window else {
                    return try Quota(limit: written.limit, window: lease ?? usualLease, algorithm: .atOnce)
                }
                let limit = written.isInBytes ? max(written.limit / scale, 1) : written.limit
                return try Quota(limit: limit, window: window, algorithm: counting.algorithm)
            } catch {
                throw ParseError(Self.message(error))
            }
        }
    }

    private static func message(_ error: QuotaError) -> String {
        switch error {
        case .limitOutOfRange: "has a limit out of range; write 1 to \(Quota.largestLimit)"
        case .windowOutOfRange: "has a time out of range; write 1 millisecond to 366 days"
        case .refillTooFast: "exceeds what a token bucket can refill; write at most one unit per microsecond"
        }
    }

    /// The algorithms that a file names; a limit at once has its own.
    private enum CountingName: String, CaseIterable {
        case tokenBucket = "token_bucket"
        case slidingWindow = "sliding_window"

        var algorithm: Algorithm { self == .tokenBucket ? .tokenBucket : .slidingWindow }
    }

    private enum ModeName: String, CaseIterable {
        case enforced, shadow
    }
}
