import Limiters
import TextFormats

/// What a rule charges for a request.
enum Cost: Sendable {
    case fixed(Int64)
    /// A number that the web server sets.
    case variable([UInt8])

    /// The cost in units, 0 to 1,000,000,000; 1 if the variable is missing or not a whole number.
    ///
    /// A larger number becomes the largest, which exceeds nearly every quota, so that the request is refused.
    func value(_ facts: borrowing RequestFacts) -> Int64 {
        switch self {
        case .fixed(let cost): return cost
        case .variable(let name):
            guard let text = facts.variable(name)?.trimmed, !text.isEmpty,
                text.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
            else { return 1 }
            return min(decimalValue(text) ?? Quota.largestLimit, Quota.largestLimit)
        }
    }
}
