import Limiters

/// Reads the policies of a rules file.
struct PolicyReader {
    private static let example = "{ limit: 10 per minute }"

    private let mode: Policy.Mode

    /// The names in the order of the file.
    private(set) var names: [String] = []
    private(set) var choices: [String: PolicyChoice] = [:]
    /// The field of each policy, for warnings.
    private(set) var fields: [String: Field] = [:]
    /// The plans that any policy has.
    private(set) var plans: Set<String> = []

    /// Reads a mapping of names to policies; with the mode shadow all of them are shadow policies.
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
            named: ["limit", "plans", "algorithm", "mode", "on_store_failure", "count", "count_if", "count_unless"],
            Self.example)
        let condition = try members.countCondition()
        let algorithm = try members["algorithm"]?.choice(Algorithm.self) ?? .slidingWindow
        let isShadow = try members["mode"]?.choice(ModeName.self) == .shadow || self.mode == .shadow
        let mode: Policy.Mode = isShadow ? .shadow : .enforced
        let onStoreFailure = try members["on_store_failure"]?.choice(StoreFailureAnswer.self)

        func policy(_ field: Field) throws(RulesError) -> Policy {
            let quota = try Self.quota(field, algorithm)
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
        if let planFields = members["plans"] {
            for (plan, value) in try planFields.members(
                "{ free: 10 per minute, gold: 100 per minute }, or leave it out")
            {
                let planName = try plan.text("a plan's name")
                let policy = try policy(value)
                plans.insert(planName)
                byPlan[Array(planName.utf8)[...]] = policy
                standard = standard ?? policy
            }
        }
        guard let standard else { throw field.error("has no limit; write limit: 10 per minute") }
        return PolicyChoice(
            standard: standard, byPlan: byPlan, selector: try members["count"]?.identitySelector(), condition: condition
        )
    }

    private static func quota(_ field: Field, _ algorithm: Algorithm) throws(RulesError) -> Quota {
        try field.parsed("10 per minute") { text throws(ParseError) in
            let written = try QuotaText(text)
            do throws(QuotaError) {
                return try Quota(limit: written.limit, window: written.window, algorithm: algorithm)
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

    private enum ModeName: String, CaseIterable {
        case enforced, shadow
    }
}
