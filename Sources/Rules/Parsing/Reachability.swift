/// Looks for rules that no request can reach, because an earlier one takes every request that they are for.
///
/// It finds a rule that one earlier rule covers whole, condition by condition; not one that several cover together.
struct Reachability {
    /// Pairs of rules that are compared at the most: a file of 10,000 rules for one path would take too long.
    private static let mostComparisons = 200_000

    /// Rules by the pattern of each path of theirs: those that cover a pattern are found without comparing with all.
    private var earlier: [PathPattern: [Int]] = [:]
    private var hasStars = false
    private let rules: [WrittenRule]

    init(_ rules: [WrittenRule]) {
        self.rules = rules
    }

    mutating func warnings() -> [RulesWarning] {
        var budget = Self.mostComparisons
        var warnings: [RulesWarning] = []
        for (index, rule) in rules.enumerated() {
            let candidates = coveringPatterns(of: rule.patterns[0]).flatMap { earlier[$0] ?? [] }.sorted()
            budget -= candidates.count
            guard budget > 0 else { break }
            if let cover = candidates.first(where: { rules[$0].covers(rule) }) {
                let name = "rules[\(cover)]" + (rules[cover].name.map { " " + $0 } ?? "")
                let remedy = "move it in front of that one, in line \(rules[cover].field.line), or leave it out"
                warnings.append(rule.field.warning("is never reached, \(name) takes all its requests; \(remedy)"))
            }
            for pattern in rule.patterns {
                earlier[pattern, default: []].append(index)
                hasStars = hasStars || pattern.segments.contains(.any)
            }
        }
        return warnings
    }

    /// The patterns that can cover this one: it cut off with `**` anywhere, and with `*` for some of its segments.
    private func coveringPatterns(of pattern: PathPattern) -> [PathPattern] {
        var fronts: [[PathPattern.Segment]] = [[]]
        var covering = [PathPattern.everything]
        for segment in pattern.segments {
            // Of long patterns not all: they are 2 to the power of the segments.
            let isWidened = hasStars && segment != .any && fronts.count < 256
            fronts = fronts.map { $0 + [segment] } + (isWidened ? fronts.map { $0 + [.any] } : [])
            covering += fronts.map { PathPattern(segments: $0, isOpen: true) }
        }
        return pattern.isOpen ? covering : covering + fronts.map { PathPattern(segments: $0, isOpen: false) }
    }
}
