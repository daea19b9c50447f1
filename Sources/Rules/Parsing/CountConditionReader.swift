import Limiters
import TextFormats

extension Members {
    /// Which endings of a request count: what `count_if` or `count_unless` says; `nil` if all do.
    func countCondition() throws(RulesError) -> CountCondition? {
        if let field = self["count_unless"] {
            guard self["count_if"] == nil else {
                throw field.error("cannot be combined with count_if; write one of them")
            }
            return .unlessStatus(try field.statuses())
        }
        return try self["count_if"].map { field throws(RulesError) in .ifStatus(try field.statuses()) }
    }
}

extension Field {
    private static let example = "{ status: [401, 403] }"

    /// The statuses in `{ status: [401, 500-599, 5xx] }`.
    fileprivate func statuses() throws(RulesError) -> StatusSet {
        let list = try members(named: ["status"], Self.example).required("status", "[401, 403]")
        return StatusSet(
            try list.oneOrMore("[401, 403]").map { field throws(RulesError) in
                try field.parsed("401") { text throws(ParseError) in
                    let isClass = text.utf8.count == 3 && text.hasSuffix("xx")
                    let written = isClass ? "\(text.prefix(1))00-\(text.prefix(1))99" : text
                    let bounds = written.split(separator: "-", omittingEmptySubsequences: false).map {
                        Int(decimalValue($0.utf8) ?? 0)
                    }
                    guard bounds.count <= 2, bounds.allSatisfy((100...599).contains) else {
                        throw ParseError("is not a status; write for example 401, 400-499 or 4xx")
                    }
                    guard bounds[0] <= bounds[bounds.count - 1] else {
                        throw ParseError("ends before it begins; write the lower status first")
                    }
                    return bounds[0]...bounds[bounds.count - 1]
                }
            })
    }
}
