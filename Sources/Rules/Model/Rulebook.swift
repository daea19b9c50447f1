public import Limiters
public import Platform

/// The rules of a site, loaded and checked once.
///
///     let (rulebook, warnings) = try Rulebook.load(path: "/etc/fcgi-limiter/limits.yaml")
///     switch rulebook.match(for: request) { … }
public final class Rulebook: Sendable {
    /// Which of the rules that match a request count it.
    public enum Matching: String, Sendable, CaseIterable {
        /// The first one in the file.
        case first
        /// All of them.
        case all
    }

    /// Whether the rules refuse requests, or only count those that they would refuse.
    public let mode: Policy.Mode
    /// Which of the rules that match a request count it.
    public let matching: Matching
    /// All policies in the order of the file, each as it is for a client without a plan.
    public let policies: [Policy]

    /// Each policy of each rule, in the order of the file.
    ///
    /// The tag of an entry that a request is charged under is the index of its policy here.
    public let taggedPolicies: [(rule: Rule, policy: Policy)]

    /// Which endings of a request count under the policy of each tag; `nil` if all do.
    ///
    /// Empty if all do under every policy.
    public let countConditions: [CountCondition?]
    /// What tells the cost under the policy of each tag when a request has ended; `nil` if the rule does.
    public let answerCosts: [AnswerCost?]
    /// The header that tells the cost of a request; `nil` if no policy reads one.
    public let costHeader: String?

    let settings: RequestSettings
    let table: RuleTable
    let banned: ClientList
    let exempt: ClientList

    init(
        mode: Policy.Mode, matching: Matching, rules: [RuleDefinition], policies: [Policy], settings: RequestSettings,
        banned: ClientList,
        exempt: ClientList, costHeader: String?
    ) {
        self.mode = mode
        self.matching = matching
        table = RuleTable(rules)
        taggedPolicies = table.rules.flatMap { rule in rule.policies.map { (rule, $0) } }
        let conditions = table.rules.flatMap { $0.action.choices.map(\.condition) }
        countConditions = conditions.contains { $0 != nil } ? conditions : []
        answerCosts = table.rules.flatMap { $0.action.choices.map(\.answerCost) }
        self.costHeader = costHeader
        self.policies = policies
        self.settings = settings
        self.banned = banned
        self.exempt = exempt
    }

    /// All rules in the order of the file.
    public var rules: [Rule] { table.rules }

    /// Applies the rules to a request.
    ///
    /// The banned list takes precedence over the exempt list, and both over all rules. The work does not grow with the number
    /// of rules, except with those for the same path, whose conditions are tried in the order of the file.
    public func match(for request: some CGIVariables) -> RuleMatch { resolve(request).match }

    /// Applies overrides and then the rules to a request, and returns with the match what was found about the request.
    ///
    /// A ban or an exemption by an override takes precedence over the lists of the rules, and a ban over an exemption.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - overrides: what ``overrideTable(_:)`` has made for these rules; `nil` if there are none.
    ///   - now: the clock by which overrides end.
    /// - Returns: the match, the overrides that it is due to, the client's address (`nil` if it is unknown), and the path in
    ///   its normal form.
    public func resolve(
        _ request: some CGIVariables, overrides: OverrideTable? = nil, now: Microseconds = 0
    ) -> (match: RuleMatch, overrides: [Override], address: IPAddress?, path: ArraySlice<UInt8>) {
        var facts = RequestFacts(request, settings)
        let path = facts.path
        let (match, applied) = match(&facts, path, overrides, now)
        return (match, applied, facts.client()?.ip, path.bytes)
    }

    private func match(
        _ facts: inout RequestFacts, _ path: RequestPath, _ overrides: OverrideTable?, _ now: Microseconds
    ) -> (match: RuleMatch, overrides: [Override]) {
        guard let overrides else { return (match(&facts, path) { _, _, _ in nil }, []) }
        if let (override, client) = overrides.access(&facts, now: now) { return access(override, client) }
        var applied: [Override] = []
        var decisive: (override: Override, client: Identity)?
        let match = match(&facts, path) { policy, identity, facts in
            if let override = overrides.access(of: identity, now: now), decisive?.override.effect != .ban {
                decisive = (override, identity)
            }
            let override = overrides.limit(policy.name, for: identity, from: facts.client(), now: now)
            guard let override, case .limit(let limit, _) = override.effect else { return nil }
            applied.append(override)
            return policy.limited(to: limit)
        }
        return decisive.map { access($0.override, $0.client) } ?? (match, applied)
    }

    private func access(_ override: Override, _ client: Identity) -> (match: RuleMatch, overrides: [Override]) {
        (override.effect == .ban ? .banned(client) : .unlimited(.exempt(client)), [override])
    }

    /// The result of the rules, where `replaced` may replace the policy for an identity.
    private func match(
        _ facts: inout RequestFacts, _ path: RequestPath,
        _ replaced: (Policy, Identity, inout RequestFacts) -> Policy?
    ) -> RuleMatch {
        if let identity = banned.identity(&facts) ?? banned.disputedIdentity(&facts) { return .banned(identity) }
        if let identity = exempt.identity(&facts) { return .unlimited(.exempt(identity)) }
        switch matching {
        case .first:
            guard let found = table.first(for: path, &facts) else { return .unlimited(.noRule) }
            return limited(CollectionOfOne(found), &facts, replaced)
        case .all:
            return limited(table.all(for: path, &facts), &facts, replaced)
        }
    }

    private func limited(
        _ found: some Collection<RuleTable.Candidate>, _ facts: inout RequestFacts,
        _ replaced: (Policy, Identity, inout RequestFacts) -> Policy?
    ) -> RuleMatch {
        var matches: [MatchedRule] = []
        matches.reserveCapacity(found.count)
        var entries: [Charge.Entry] = []
        for candidate in found {
            let action = table.actions[Int(candidate.action)]
            guard !action.choices.isEmpty else { return .unlimited(.rule(rules[Int(candidate.rule)])) }
            let identity = action.selector.identity(&facts)
            let cost = action.cost.value(facts)
            matches.append(MatchedRule(rulebook: self, ruleIndex: Int(candidate.rule), identity: identity, cost: cost))
            entries.reserveCapacity(entries.count + action.choices.count)
            var tag = rules[Int(candidate.rule)].firstTag
            for choice in action.choices {
                let counted = choice.selector?.identity(&facts) ?? identity
                let policy = choice.policy(&facts)
                entries.append(
                    Charge.Entry(
                        replaced(policy, counted, &facts) ?? policy, for: counted, cost: choice.cost(cost), tag: tag))
                tag += 1
            }
        }
        guard !matches.isEmpty else { return .unlimited(.noRule) }
        let network: ClientNetwork =
            switch facts.client() {
            case .v4(let address): ClientNetwork(v4: address)
            case .v6(let address): ClientNetwork(v6: address)
            case .unix, nil: .unknown
            }
        return .limited(Charge(entries, network: network), matches)
    }
}
