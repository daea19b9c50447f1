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
    /// All rules in the order of the file.
    public let rules: [Rule]
    /// All policies in the order of the file, each as it is for a client without a plan.
    public let policies: [Policy]

    let settings: FactSettings
    let banned: ClientList
    let exempt: ClientList
    private let paths: PathTrie

    init(
        matching: Matching, rules: [Rule], paths: PathTrie, policies: [Policy], settings: FactSettings,
        banned: ClientList, exempt: ClientList
    ) {
        self.matching = matching
        self.rules = rules
        self.policies = policies
        self.settings = settings
        self.banned = banned
        self.exempt = exempt
        self.paths = paths
    }

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
            guard let rule = firstRule(for: path, &reading) else { return .unlimited(.noRule) }
            guard !rule.treatment.choices.isEmpty else { return .unlimited(.rule(rule)) }
            return Self.limited([rule], &reading)
        case .all:
            let rules = allRules(for: path, &reading)
            return rules.isEmpty ? .unlimited(.noRule) : Self.limited(rules, &reading)
        }
    }

    private func firstRule(for path: RequestPath, _ reading: inout Reading) -> Rule? {
        var best = Int32.max
        paths.visit(path) { members in
            for member in members {
                let index = paths.members[member]
                guard index < best else { return }
                if rules[Int(index)].holds(for: &reading, path) {
                    best = index
                    return
                }
            }
        }
        return best == .max ? nil : rules[Int(best)]
    }

    private func allRules(for path: RequestPath, _ reading: inout Reading) -> [Rule] {
        var found: [Int32] = []
        paths.visit(path) { members in
            for member in members {
                let index = paths.members[member]
                if rules[Int(index)].holds(for: &reading, path) { found.append(index) }
            }
        }
        found.sort()
        // A rule with several paths may be there twice.
        return found.indices.compactMap { $0 > 0 && found[$0] == found[$0 - 1] ? nil : rules[Int(found[$0])] }
    }

    private static func limited(_ rules: [Rule], _ reading: inout Reading) -> Plan {
        var matches: [Plan.Match] = []
        matches.reserveCapacity(rules.count)
        var entries: [Charge.Entry] = []
        entries.reserveCapacity(rules.reduce(0) { $0 + $1.treatment.choices.count })
        for rule in rules {
            let treatment = rule.treatment
            let identity = treatment.counting.identity(&reading)
            let cost = treatment.cost.value(reading)
            matches.append(Plan.Match(rule: rule, identity: identity, cost: cost))
            for choice in treatment.choices {
                entries.append(Charge.Entry(choice.policy(&reading), for: identity, cost: cost))
            }
        }
        return .limited(Charge(entries), matches)
    }
}

extension Rulebook {
    /// Reads and checks a rules file, and the file of keys that it names.
    ///
    /// - Parameter path: of the file; the key file's name is relative to its folder.
    /// - Returns: the rules, and what in them works but is probably not meant.
    /// - Throws: ``RulesError``: the first mistake.
    public static func load(path: String) throws(RulesError) -> (Rulebook, [RulesWarning]) {
        let file: TextFile
        do throws(TextFile.Failure) {
            file = try TextFile(path: path)
        } catch {
            throw RulesError(place: RulesPlace(file: path, line: nil, path: ""), value: nil, message: error.text)
        }
        return try parse(file.bytes, file: path)
    }

    /// Checks the text of a rules file.
    ///
    /// - Parameters:
    ///   - text: YAML in UTF-8.
    ///   - file: what errors call it; a key file's name is relative to its folder.
    /// - Returns: the rules, and what in them works but is probably not meant.
    /// - Throws: ``RulesError``: the first mistake.
    public static func parse(
        _ text: some Sequence<UInt8>, file: String
    ) throws(RulesError) -> (Rulebook, [RulesWarning]) {
        let reader = try RulebookReader(Document.top(of: Array(text), file: file))
        return (reader.rulebook, reader.warnings)
    }

    /// The rules of the three sample endpoints, in force where there is no file.
    public static let samples: Rulebook = {
        do {
            return try parse(PackageResources.samples_yaml, file: "samples.yaml").0
        } catch {
            preconditionFailure("the built-in rules are wrong: \(error)")
        }
    }()
}
