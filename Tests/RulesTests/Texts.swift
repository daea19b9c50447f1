import Limiters

@testable import Rules

/// The bytes of a text, as the module passes them on.
func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

extension Rulebook {
    /// The rules of a text that a test writes.
    static func of(_ text: String) throws -> Rulebook {
        try parse(text.utf8, file: "limits.yaml").0
    }
}

extension RuleMatch {
    /// The plan in a line: `data 1 address=203.0.113.9, …`, `no rule`, `exempt address=…`, `banned address=…`.
    var summary: String {
        switch self {
        case .unlimited(.noRule): "no rule"
        case .unlimited(.exempt(let identity)): "exempt " + text(identity.bytes)
        case .unlimited(.rule(let rule)): "let through by \(rule)"
        case .banned(let identity): "banned " + text(identity.bytes)
        case .limited(let charge, _):
            charge.entries.map { entry in
                // window:{identity}:policy
                let identity = text(entry.key.bytes.dropFirst(8).prefix { $0 != UInt8(ascii: "}") })
                return "\(entry.policy.name) \(entry.cost) \(identity)"
            }.joined(separator: ", ")
        }
    }

    /// The rules that it comes from, by their places in the file.
    var ruleIndices: [Int] {
        switch self {
        case .limited(_, let matches): matches.map(\.rule.index)
        case .unlimited(.rule(let rule)): [rule.index]
        default: []
        }
    }
}
