import Analytics
import Limiters
import Rules

extension Rulebook {
    /// The series in the order of the tags: one for each policy of each rule, and one for banned clients.
    var series: [Series] {
        taggedPolicies.map { rule, policy in
            Series(endpoint: rule.label, policy: policy.name, algorithm: policy.quota.algorithm.rawValue)
        } + [.banned]
    }

    /// The index of the series for banned clients.
    var bannedSeries: Int { taggedPolicies.count }
}
