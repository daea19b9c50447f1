public import Limiters

/// What one client writes down, a line before each request and a line after its answer, so that a kill loses nothing.
///
///     ask BEGIN MOMENT CLIENT COST
///     answer END NOW WAIT REMAINING RESET WAIT REMAINING RESET
///
/// Times are microseconds. `WAIT` is 0 if the policy allows, and −1 if it never will. A request without an answer is followed by
/// the next `ask`.
public enum ClientLog {
    /// The line before a request.
    ///
    /// - Parameters:
    ///   - begin: the machine's steady clock.
    ///   - moment: what the store's clock probably shows.
    ///   - client: the number of the client that the request counts for.
    ///   - cost: units.
    /// - Returns: the line with its line end.
    public static func ask(begin: Microseconds, moment: Microseconds, client: Int, cost: Int64) -> String {
        "ask \(begin) \(moment) \(client) \(cost)\n"
    }

    /// The line after an answer.
    public static func answer(end: Microseconds, _ verdict: Verdict) -> String {
        let decisions = verdict.decisions.map { " \(wait($0)) \($0.remaining) \($0.resetAfter)" }
        return "answer \(end) \(verdict.now)\(decisions.joined())\n"
    }

    private static func wait(_ decision: Decision) -> Int64 {
        switch decision.admission {
        case .allowed: 0
        case .refused(let retryAfter): retryAfter
        case .impossible: -1
        }
    }

    /// The operations in a log, whose last line may be cut off.
    public static func operations(in log: String, _ model: SequentialModel) -> [Operation] {
        var operations: [Operation] = []
        var asked: [Int64]?
        func finish(_ answer: [Int64]?) {
            guard let asked, asked.count == 4 else { return }
            let kind: Operation.Kind =
                if let answer, let end = decisions(in: answer.dropFirst(2), model) {
                    .answered(Operation.Answer(now: answer[1], decisions: end))
                } else {
                    .unanswered(moment: asked[1])
                }
            operations.append(
                Operation(client: Int(asked[2]), begin: asked[0], end: answer?.first, cost: asked[3], kind))
        }
        for line in log.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ")
            let numbers = words.dropFirst().compactMap { Int64($0) }
            if words.first == "ask" {
                finish(nil)
                asked = numbers
            } else if words.first == "answer" {
                finish(numbers)
                asked = nil
            }
        }
        finish(nil)
        return operations
    }

    private static func decisions(in numbers: ArraySlice<Int64>, _ model: SequentialModel) -> [Decision]? {
        guard numbers.count == 3 * model.policies.count else { return nil }
        let numbers = Array(numbers)
        return model.policies.enumerated().map { index, policy in
            let wait = numbers[3 * index]
            return Decision(
                admission: wait == 0 ? .allowed : wait < 0 ? .impossible : .refused(retryAfter: wait),
                limit: policy.quota.limit, remaining: numbers[3 * index + 1], resetAfter: numbers[3 * index + 2])
        }
    }
}
