public import Limiters

/// The rules of a site: read once, checked, and from then on only asked.
///
///     let (rulebook, warnings) = try Rulebook.load(path: "/etc/fcgi-limiter/limits.yaml")
///     switch rulebook.plan(for: request) { … }
public final class Rulebook: Sendable {
    /// Which of the rules that match a request count it.
    public enum Matching: String, Sendable, CaseIterable {
        /// The first one in the file.
        case first
        /// All of them.
        case all
    }

    /// Which of the rules that match a request count it.
    public let matching: Matching
    /// All policies in the order of the file, each as it is for a client without a plan.
    public let policies: [Policy]

    let settings: FactSettings
    let table: RuleTable
    let banned: ClientList
    let exempt: ClientList

    init(
        matching: Matching, rules: [WrittenRule], policies: [Policy], settings: FactSettings, banned: ClientList,
        exempt: ClientList
    ) {
        self.matching = matching
        table = RuleTable(rules)
        self.policies = policies
        self.settings = settings
        self.banned = banned
        self.exempt = exempt
    }

    /// All rules in the order of the file.
    public var rules: [Rule] { table.rules }

    /// What the rules make of a request.
    ///
    /// The banned list goes before the exempt list, and both before all rules. The work does not grow with the number of
    /// rules, except of those for one and the same path: of these it tries the conditions in the order of the file.
    public func plan(for subject: some Subject) -> Plan {
        var reading = Reading(subject, settings)
        if let identity = banned.find(&reading) { return .banned(identity) }
        if let identity = exempt.find(&reading) { return .unlimited(.exempt(identity)) }
        let path = reading.path
        switch matching {
        case .first:
            guard let found = table.first(for: path, &reading) else { return .unlimited(.noRule) }
            return limited(CollectionOfOne(found), &reading)
        case .all:
            return limited(table.all(for: path, &reading), &reading)
        }
    }

    private func limited(_ found: some Collection<RuleTable.Candidate>, _ reading: inout Reading) -> Plan {
        var matches: [Plan.Match] = []
        matches.reserveCapacity(found.count)
        var entries: [Charge.Entry] = []
        for candidate in found {
            let treatment = table.treatments[Int(candidate.treatment)]
            guard !treatment.choices.isEmpty else { return .unlimited(.rule(rules[Int(candidate.rule)])) }
            let identity = treatment.counting.identity(&reading)
            let cost = treatment.cost.value(reading)
            matches.append(Plan.Match(rulebook: self, ruleIndex: Int(candidate.rule), identity: identity, cost: cost))
            entries.reserveCapacity(entries.count + treatment.choices.count)
            for choice in treatment.choices {
                entries.append(Charge.Entry(choice.policy(&reading), for: identity, cost: cost))
            }
        }
        return matches.isEmpty ? .unlimited(.noRule) : .limited(Charge(entries), matches)
    }
}
