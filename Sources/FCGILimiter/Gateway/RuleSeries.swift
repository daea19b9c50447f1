import Analytics
import Limiters
import Rules

extension SeriesTable {
    /// The series of a rulebook, in the order of its tags: one for each policy of each rule, and one for banned clients.
    convenience init(_ rulebook: Rulebook) {
        let series = rulebook.taggedPolicies.map { rule, policy in
            Series(endpoint: rule.label, policy: policy.name, algorithm: policy.quota.algorithm.rawValue)
        }
        self.init(series + [.banned])
    }

    /// The index of the series for banned clients.
    static func bannedIndex(of rulebook: Rulebook) -> Int { rulebook.taggedPolicies.count }
}
