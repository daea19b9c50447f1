import Limiters
import TextFormats

/// What a request costs under a rule.
enum Cost: Sendable {
    case fixed(Int64)
    /// A number that the web server sets.
    case variable([UInt8])

    /// Units, 0 to 1,000,000,000; 1 where the variable is missing or no whole number.
    ///
    /// A number too large for any quota stays so, and its request is refused: cutting it down would let it through.
    func value(_ reading: borrowing RequestFacts) -> Int64 {
        switch self {
        case .fixed(let cost): return cost
        case .variable(let name):
            guard let text = reading.variable(name)?.trimmed, !text.isEmpty,
                text.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
            else { return 1 }
            return min(decimalValue(text) ?? Quota.largestLimit, Quota.largestLimit)
        }
    }
}
