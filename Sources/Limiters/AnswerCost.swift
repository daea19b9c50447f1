/// How a request ended, as far as the web server says.
public struct Ending: Sendable {
    /// The status that the client got; 0 if none.
    public let status: Int
    /// The bytes of the answer's body; `nil` if they are not known.
    public let bytes: Int64?
    /// What a header of the answer says about the cost; `nil` if that is no number.
    public let cost: Int64?

    /// An ending with this status, and with numbers that are at least 0.
    public init(status: Int, bytes: Int64? = nil, cost: Int64? = nil) {
        self.status = status
        self.bytes = bytes
        self.cost = cost
    }
}

/// A cost that is known only from the answer to a request.
///
/// The request is charged some units first, which are corrected when it has ended.
public struct AnswerCost: Sendable, Hashable {
    /// What tells the cost.
    ///
    /// The raw value is the letter in receipts.
    public enum Source: Character, Sendable {
        /// A header of the answer.
        case header = "h"
        /// The length of the answer's body.
        case bytes = "b"
    }

    /// What tells the cost.
    public let source: Source
    /// What the source counts in a unit of the limit: 1 unless the limit is a number of bytes too large to count each.
    public let scale: Int64

    /// A cost that is told by `source`, of which `scale` make a unit.
    public init(_ source: Source, scale: Int64 = 1) {
        self.source = source
        self.scale = scale
    }

    /// The units, rounded up; `nil` if the answer does not tell them.
    func units(_ ending: Ending) -> Int64? {
        let amount = source == .header ? ending.cost : ending.bytes
        return amount.map { $0 / scale + ($0 % scale > 0 ? 1 : 0) }
    }
}
