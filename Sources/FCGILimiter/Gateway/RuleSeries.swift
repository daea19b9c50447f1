import Analytics
import Limiters
import Rules

/// By what the requests of a rulebook are counted: a series for each rule and policy, and one for banned clients.
struct RuleSeries {
    let table: SeriesTable
    /// By a rule's index, where its policies begin in the table; one more says where the last rule's end.
    private let starts: [Int]

    init(_ rulebook: Rulebook) {
        var series: [Series] = []
        var starts = [0]
        for rule in rulebook.rules {
            series += rule.policies.map {
                Series(endpoint: rule.label, policy: $0.name, algorithm: $0.quota.algorithm.rawValue)
            }
            starts.append(series.count)
        }
        table = SeriesTable(series + [.banned])
        self.starts = starts
    }

    /// The place in the table for banned clients.
    var banned: Int { table.series.count - 1 }

    /// The place in the table of a charge's entry.
    ///
    /// - Parameters:
    ///   - index: the entry's.
    ///   - charge: what was charged; of a request that this machine decided alone it may be a part of what the rules say.
    ///   - matches: the rules that the request meets.
    /// - Returns: the place, and the match that the entry comes from.
    func place(of index: Int, in charge: Charge, _ matches: [MatchedRule]) -> (series: Int, match: Int) {
        func range(_ match: MatchedRule) -> Range<Int> { starts[match.ruleIndex]..<starts[match.ruleIndex + 1] }
        // Nearly all requests meet one rule, and this is on their way.
        if matches.count == 1, range(matches[0]).count == charge.entries.count {
            return (range(matches[0]).lowerBound + index, 0)
        }
        let ranges = matches.map(range)
        var index = index
        if charge.entries.count == ranges.reduce(0, { $0 + $1.count }) {
            for (match, range) in ranges.enumerated() {
                if index < range.count { return (range.lowerBound + index, match) }
                index -= range.count
            }
        }
        // Several rules have named one policy for one client, which is charged once: the first of them counts.
        let name = charge.entries[index].policy.name
        for (match, range) in ranges.enumerated() {
            if let place = range.first(where: { table.series[$0].policy == name }) { return (place, match) }
        }
        return (ranges[0].lowerBound, 0)
    }
}
