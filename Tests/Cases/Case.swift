public import Limiters

/// A few requests of one client, and the answer to each: the same from the arithmetic and from every store.
public struct Case: Sendable, CustomStringConvertible {
    /// One request: microseconds after the case's beginning, the cost, and one answer for each policy.
    public struct Step: Sendable {
        /// Microseconds after the case's beginning.
        public let at: Microseconds
        /// The request's cost.
        public let cost: Int64
        /// Whether the request is admitted.
        public let admission: Admission
        /// One decision for each of the case's policies.
        public let decisions: [Decision]
    }

    /// When every case begins: midnight, so that the grains of a day's window begin there too.
    public static let beginning: Microseconds = 20_834 * 86_400_000_000

    /// What the case shows, in a sentence.
    public let description: String
    /// The policies of the client's requests.
    public let policies: [Policy]
    /// The requests in their order.
    public let steps: [Step]

    /// A row of a case with one policy: at, cost, outcome, remaining, resetAfter.
    typealias Row = (Microseconds, Int64, Admission, Int64, Microseconds)

    /// A case of one enforced policy.
    init(_ description: String, _ quota: Quota, _ rows: [Row]) throws {
        self.description = description
        policies = [try Policy(name: "one", quota: quota)]
        steps = rows.map { at, cost, outcome, remaining, resetAfter in
            let decision = Decision(
                admission: outcome, limit: quota.limit, remaining: remaining, resetAfter: resetAfter)
            return Step(at: at, cost: cost, admission: outcome, decisions: [decision])
        }
    }

    /// What a case with several policies expects of one request: at, cost, the verdict, and outcome, remaining and
    /// resetAfter for each policy.
    typealias WideRow = (Microseconds, Int64, Admission, [(Admission, Int64, Microseconds)])

    /// A case of several policies.
    init(_ description: String, _ policies: [Policy], _ rows: [WideRow]) {
        self.description = description
        self.policies = policies
        steps = rows.map { at, cost, outcome, decisions in
            let decisions = zip(policies, decisions).map { policy, row in
                Decision(admission: row.0, limit: policy.quota.limit, remaining: row.1, resetAfter: row.2)
            }
            return Step(at: at, cost: cost, admission: outcome, decisions: decisions)
        }
    }

    /// A step's request, sent by `identity`.
    public func charge(_ step: Step, by identity: Identity) -> Charge {
        Charge(cost: step.cost, policies.map { .init($0, for: identity) })
    }
}
