import Limiters
import TextFormats

/// Reads the fields of a policy under which the answer tells what a request costs.
struct AnswerCostReader {
    /// The header that tells costs; `nil` if no policy has read one.
    private(set) var header: String?

    /// Reads `cost` and `at_first` of a policy.
    ///
    /// - Parameters:
    ///   - members: the policy's.
    ///   - limits: the fields with its limits.
    /// - Returns: what tells the cost, and the units to charge first; `nil` if the policy's rules tell the cost.
    /// - Throws: ``RulesError``.
    mutating func read(_ members: Members, _ limits: [Field]) throws(RulesError) -> (AnswerCost, atFirst: Int64)? {
        guard let field = members["cost"] else {
            if let field = members["at_first"] { throw field.error("has no meaning without cost; leave it out") }
            return nil
        }
        // Large numbers of bytes are counted in tens, hundreds, …, because no limit is larger than a quota's.
        var scale: Int64 = 1
        let written = limits.compactMap { limit in limit.scalar.flatMap { try? QuotaText($0) } }
        let bytes = written.filter(\.isInBytes).map(\.limit).max() ?? 0
        while bytes / scale > Quota.largestLimit { scale *= 10 }
        let cost = AnswerCost(try source(field), scale: scale)
        let atFirst = try members["at_first"]?.number(1...Quota.largestLimit) ?? 1
        return (cost, (atFirst + scale - 1) / scale)
    }

    private mutating func source(_ field: Field) throws(RulesError) -> AnswerCost.Source {
        guard field.isMapping else {
            let remedy = "write response_bytes or { response_header: X-Cost }, or write the cost in a rule"
            let text = try field.text("response_bytes")
            guard text == "response_bytes" else {
                throw field.error("is not a cost that an answer can tell; \(remedy)", value: text)
            }
            return .bytes
        }
        let example = "{ response_header: X-Cost }"
        let named = try field.members(named: ["response_header"], example).required("response_header", "X-Cost")
        let name = try named.parsed("X-Cost") { text throws(ParseError) in
            guard Source.isHeaderName(text) else {
                throw ParseError("is not a valid header name; write for example X-Cost")
            }
            return text
        }
        if let header, header.lowercased() != name.lowercased() {
            throw named.error("is a second header; web servers report one, so write \(header)", value: name)
        }
        header = name
        return .header
    }
}
