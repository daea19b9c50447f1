public import Limiters

/// Stores that are asked the same random requests and must answer alike, in every field.
public struct Comparison {
    /// A store: decides a batch at a moment.
    public typealias Store = ([Charge], Microseconds) throws -> [Verdict]

    /// The number of requests that were allowed.
    public private(set) var allowed = 0
    /// The number of requests that were refused.
    public private(set) var refused = 0
    /// The first answer that differs; `nil` if none does.
    public private(set) var difference: String?

    /// Asks all stores until an answer differs.
    ///
    /// - Parameters:
    ///   - batches: the requests.
    ///   - expected: the store that the others are compared with.
    ///   - stores: the others, by their names.
    ///   - isSingle: whether each request is a batch of its own.
    /// - Throws: what a store throws.
    public init(_ batches: RandomBatches, expected: Store, stores: [String: Store], isSingle: Bool = false) throws {
        for (number, batch) in batches.enumerated() {
            for charges in isSingle ? batch.charges.map({ [$0] }) : [batch.charges] {
                let answers = try expected(charges, batch.now)
                for (name, store) in stores {
                    let verdicts = try store(charges, batch.now)
                    guard let index = Self.firstDifference(verdicts, answers) else { continue }
                    difference = """
                        \(name), batch \(number), request \(index) at \(batch.now): \(verdicts[index]) and not \
                        \(answers[index]) on \(charges[index].entries)
                        """
                    return
                }
                let allowed = answers.count(where: \.isAllowed)
                self.allowed += allowed
                refused += answers.count - allowed
            }
        }
    }

    private static func firstDifference(_ verdicts: [Verdict], _ expected: [Verdict]) -> Int? {
        guard verdicts.count == expected.count else { return min(verdicts.count, expected.count) }
        return verdicts.indices.first { index in
            let (one, other) = (verdicts[index], expected[index])
            return one.admission != other.admission || one.decisions != other.decisions || one.now != other.now
        }
    }
}
