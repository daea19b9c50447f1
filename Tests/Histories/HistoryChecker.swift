/// Decides whether some order of the requests of a history explains every answer.
///
/// A request may be ordered anywhere between the time when it was asked and the time when it was answered, but nowhere else: the
/// history must be linearizable. Clients do not share states, so each is checked alone. The checker keeps every explanation of
/// what it has read so far, and drops those that a later answer contradicts ("just-in-time linearization", by G. Lowe). Few
/// requests overlap, so explanations are few.
public struct HistoryChecker: Sendable {
    private let model: SequentialModel

    /// The most explanations that are kept, so that a check of an unsuitable history ends.
    private static let most = 200_000

    /// A checker for this specification.
    public init(_ model: SequentialModel) {
        self.model = model
    }

    /// One answer that no order explains, and the answers before it.
    public struct Violation: Sendable, CustomStringConvertible {
        let operation: Operation
        let earlier: [Operation]
        let remark: String

        /// The answer, and what led to it, a line each.
        public var description: String {
            (["client \(operation.client ?? 0): \(remark)"] + (earlier + [operation]).map { "  \($0)" })
                .joined(separator: "\n")
        }
    }

    /// The first answer of each client that no order explains.
    public func violations(in operations: [Operation]) -> [Violation] {
        let faults = operations.filter { $0.client == nil }
        let clients = Dictionary(grouping: operations.filter { $0.client != nil }) { $0.client ?? 0 }
        return clients.sorted { $0.key < $1.key }.compactMap { violation(ofOneClient: $0.value + faults) }
    }

    /// A state that the answers so far permit, and the operations in progress that it includes already.
    private struct Explanation: Hashable {
        var state: SequentialModel.State
        var included: Set<Int> = []
    }

    private func violation(ofOneClient operations: [Operation]) -> Violation? {
        let operations = operations.sorted { $0.begin < $1.begin }
        let ends = operations.indices.filter { operations[$0].end != nil }
            .sorted { (operations[$0].end ?? 0) < (operations[$1].end ?? 0) }
        var begun = 0
        var open: [Int] = []
        var explanations: Set<Explanation> = [Explanation(state: model.beginning)]
        for (number, ending) in ends.enumerated() {
            while begun < operations.count, operations[begun].begin <= operations[ending].end ?? 0 {
                open.append(begun)
                begun += 1
            }
            explanations = self.explanations(after: ending, open, operations, from: explanations)
            open.removeAll { $0 == ending }
            let isTooMuch = explanations.count > Self.most
            guard explanations.isEmpty || isTooMuch else { continue }
            return Violation(
                operation: operations[ending], earlier: ends[..<number].suffix(8).map { operations[$0] },
                remark: isTooMuch ? "too many orders to try" : "no order explains the last of these answers")
        }
        return nil
    }

    /// The explanations that include an operation, or may leave it out, when it ends.
    private func explanations(
        after ending: Int, _ open: [Int], _ operations: [Operation], from explanations: Set<Explanation>
    ) -> Set<Explanation> {
        var found: Set<Explanation> = []
        var seen = explanations
        var rest = Array(explanations)
        while let explanation = rest.popLast(), found.count <= Self.most {
            if explanation.included.contains(ending) {
                var done = explanation
                done.included.remove(ending)
                found.insert(done)
                continue
            }
            if operations[ending].isOptional { found.insert(explanation) }
            var unanswered: Set<Int64> = []
            for index in open where !explanation.included.contains(index) {
                let operation = operations[index]
                // Unanswered requests of one cost have the same effect: only the oldest needs to be tried.
                if case .unanswered = operation.kind, !unanswered.insert(operation.cost).inserted { continue }
                for state in model.states(after: operation, from: explanation.state) {
                    var next = Explanation(state: state, included: explanation.included)
                    next.included.insert(index)
                    if seen.insert(next).inserted { rest.append(next) }
                }
            }
        }
        return found
    }
}
