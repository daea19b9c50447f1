import Limiters

@testable import Rules

/// The bytes of a text.
func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

/// The text with the name of each secret in place of `<secret>`: `api_key=<alice>` becomes `api_key=sha256:2bd806c9…`.
func withNames(_ text: String) -> String {
    text.replacing(/<([^>]*)>/) { match in
        "sha256:" + String(decoding: SHA256.hexDigest(of: Array(match.1.utf8)).prefix(32), as: UTF8.self)
    }
}

extension Rulebook {
    /// The rules in a text.
    static func of(_ text: String) throws -> Rulebook {
        try parse(text.utf8, file: "limits.yaml").0
    }
}

extension RuleMatch {
    /// The match in one line: `data 1 address=203.0.113.9, …`, `no rule`, `exempt address=…`, `banned address=…`.
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

    /// The indices of the matching rules in the file.
    var ruleIndices: [Int] {
        switch self {
        case .limited(_, let matches): matches.map(\.rule.index)
        case .unlimited(.rule(let rule)): [rule.index]
        default: []
        }
    }
}
