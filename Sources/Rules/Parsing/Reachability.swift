/// Finds rules that no request reaches, because an earlier rule takes all their requests.
///
/// A rule is found if a single earlier rule covers it, condition by condition. A rule that several earlier rules cover
/// together is not found.
struct Reachability {
    /// The most pairs of rules to compare: comparing all in a file of 10,000 rules for one path would take too long.
    private static let maximumComparisons = 200_000

    /// The earlier rules by each of their patterns, so that a rule is compared only with those that may cover it.
    private var earlier: [PathPattern: [Int]] = [:]
    private var hasWildcards = false
    private let rules: [RuleDefinition]
    private let fields: [Field]

    /// - Parameters:
    ///   - rules: all rules in the order of the file.
    ///   - fields: the field of each rule.
    init(_ rules: [RuleDefinition], fields: [Field]) {
        self.rules = rules
        self.fields = fields
    }

    mutating func warnings() -> [RulesWarning] {
        var budget = Self.maximumComparisons
        var warnings: [RulesWarning] = []
        for (index, rule) in rules.enumerated() {
            let candidates = coveringPatterns(of: rule.patterns[0]).flatMap { earlier[$0] ?? [] }.sorted()
            budget -= candidates.count
            guard budget > 0 else { break }
            if let cover = candidates.first(where: { rules[$0].covers(rule) }) {
                let name = "rules[\(cover)]" + (rules[cover].name.map { " \($0)" } ?? "")
                warnings.append(
                    fields[index].warning(
                        """
                        is never reached, because \(name) in line \(rules[cover].line) takes all its requests; \
                        move it before that rule, or remove it
                        """))
            }
            for pattern in rule.patterns {
                earlier[pattern, default: []].append(index)
                hasWildcards = hasWildcards || pattern.segments.contains(.any)
            }
        }
        return warnings
    }

    /// The patterns that may cover this one: its prefixes followed by `**`, each also with `*` in place of some segments.
    private func coveringPatterns(of pattern: PathPattern) -> [PathPattern] {
        var prefixes: [[PathPattern.Segment]] = [[]]
        var covering = [PathPattern.everything]
        for segment in pattern.segments {
            // The number of prefixes doubles with each segment, so it is limited.
            let isWidened = hasWildcards && segment != .any && prefixes.count < 256
            prefixes = prefixes.map { $0 + [segment] } + (isWidened ? prefixes.map { $0 + [.any] } : [])
            covering += prefixes.map { PathPattern(segments: $0, includesDescendants: true) }
        }
        guard !pattern.includesDescendants else { return covering }
        return covering + prefixes.map { PathPattern(segments: $0, includesDescendants: false) }
    }
}
