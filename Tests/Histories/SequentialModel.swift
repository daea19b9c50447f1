public import Limiters

/// What a store must answer if one request followed another: the specification that histories are checked against.
///
/// A request is admitted if all policies allow it, and is then counted by all of them. Otherwise it is counted by none, and each
/// policy that allows it shows what it has left. So no window exceeds its limit, and nothing is refused while quota is free.
public struct SequentialModel: Sendable {
    /// How much of an answer must be explained.
    public enum Precision: Sendable {
        /// Every field.
        case exact
        /// Admission and remaining units, but no waits: for histories in which some requests have no known time.
        case units
    }

    /// The policies that count every request.
    public let policies: [Policy]
    let precision: Precision

    /// A model of requests that are counted by a sliding window, a token bucket of half its limit and half its length, or both.
    ///
    /// Together, the bucket refuses bursts, and the window refuses steady load.
    ///
    /// - Throws: an error for a limit or a window that no quota may have.
    public init(
        limit: Int64, window: Microseconds, algorithms: [Algorithm] = [.tokenBucket, .slidingWindow],
        precision: Precision
    ) throws {
        policies = try algorithms.map { algorithm in
            let quota =
                switch algorithm {
                case .slidingWindow, .atOnce: try Quota(limit: limit, window: window, algorithm: algorithm)
                case .tokenBucket: try Quota(limit: max(1, limit / 2), window: window / 2, algorithm: algorithm)
                }
            return try Policy(name: algorithm.rawValue, quota: quota)
        }
        self.precision = precision
    }

    /// What the policies have counted for one client.
    struct State: Hashable {
        var counters: [Counter]
    }

    var beginning: State { State(counters: policies.map { Counter($0.quota) }) }

    /// The states that an operation may lead to; empty if none explains its answer.
    func states(after operation: Operation, from state: State) -> [State] {
        switch operation.kind {
        case .answered(let answer):
            let (decisions, next) = decide(operation.cost, at: answer.now, in: state)
            return explains(decisions, answer.decisions) ? [next] : []
        case .unanswered(let moment):
            return [decide(operation.cost, at: moment, in: state).next]
        case .loss(let most):
            return (0...most).map { count in State(counters: state.counters.map { $0.forgetting(count) }) }
        }
    }

    private func decide(_ cost: Int64, at now: Microseconds, in state: State) -> (decisions: [Decision], next: State) {
        let charged = state.counters.map { $0.decide(cost, at: now) }
        if charged.allSatisfy({ $0.0.admission == .allowed }) {
            return (charged.map(\.0), State(counters: charged.map(\.1)))
        }
        let decisions = zip(state.counters, charged).map { counter, charged in
            charged.0.admission == .allowed ? counter.decide(0, at: now).0 : charged.0
        }
        return (decisions, state)
    }

    private func explains(_ expected: [Decision], _ seen: [Decision]) -> Bool {
        switch precision {
        case .exact: expected == seen
        case .units:
            expected.count == seen.count
                && zip(expected, seen).allSatisfy { one, other in
                    one.remaining == other.remaining
                        && (one.admission == other.admission || one.retryAfter != nil && other.retryAfter != nil)
                }
        }
    }
}
