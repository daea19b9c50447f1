import Limiters
import TextFormats

/// What an operator wants to do, as the query of a confirmation names it.
struct ConsoleAction: Equatable {
    enum Kind: String, CaseIterable {
        case ban, exempt, limit, remove, reset

        /// Whether the action puts an override in force.
        var isLasting: Bool { self != .remove && self != .reset }

        /// The action that puts such an override in force.
        init(_ kind: Override.Effect.Kind) {
            switch kind {
            case .ban: self = .ban
            case .exempt: self = .exempt
            case .limit: self = .limit
            }
        }
    }

    let kind: Kind
    /// A client as the rules name it, or a network.
    var client: String
    /// The policy whose limit is set or removed; `nil` for a ban, an exemption or a reset.
    let policy: String?
    let limit: Int64?
    /// How long an override holds, in seconds.
    let seconds: Int64?
    let reason: String

    init(
        _ kind: Kind, client: String, policy: String? = nil, limit: Int64? = nil, seconds: Int64? = nil, reason: String
    ) {
        (self.kind, self.client, self.policy, self.limit) = (kind, client, policy, limit)
        (self.seconds, self.reason) = (seconds, reason)
    }

    /// Reads the fields of a query.
    ///
    /// - Throws: ``Problem`` that names the wrong field and says what to write.
    init(_ fields: [String: String]) throws(Problem) {
        func field(_ name: String, _ remedy: String) throws(Problem) -> String {
            guard let value = fields[name], !value.isEmpty else {
                throw Problem(.malformed, "The field \(name) is missing.", remedy)
            }
            return value
        }
        let written = try field("do", "Choose what to do.")
        guard let kind = Kind(rawValue: written) else {
            let kinds = alternatives(Kind.allCases.map(\.rawValue))
            throw Problem(.malformed, "do=\(written) is not an action.", "Write \(kinds).")
        }
        let client = try field("client", "Write a client such as api_key=alice, or a network such as 203.0.113.0/24.")
        var (policy, limit, seconds): (String?, Int64?, Int64?) = (nil, nil, nil)
        switch kind {
        case .limit:
            policy = try field("policy", "Choose the policy whose limit to replace.")
            guard let number = decimalValue(try field("limit", "Write the limit in units per window.").utf8) else {
                throw Problem(.malformed, "The limit is not a whole number.", "Write the limit in units per window.")
            }
            limit = number
        case .remove: policy = fields["policy"].flatMap { $0.isEmpty ? nil : $0 }
        case .ban, .exempt, .reset: break
        }
        if kind.isLasting {
            let remedy = "Write a time up to 366 days, for example 90s, 10m, 1h or 7d."
            let text = try field("for", remedy)
            guard let duration = DurationText.seconds(text) else {
                throw Problem(.malformed, "for=\(text) is not a time.", remedy)
            }
            seconds = duration
        }
        self.init(
            kind, client: client, policy: policy, limit: limit, seconds: seconds,
            reason: try field("reason", "Write in one line why."))
    }

    /// The fields of a query that names the action.
    var fields: [Filter.Field] {
        [
            ("do", kind.rawValue), ("client", client), ("policy", policy), ("limit", limit.map(String.init)),
            ("for", seconds.map(DurationText.text(seconds:))), ("reason", reason),
        ]
    }

    /// The command that does the same, for a shell.
    var command: String {
        let words: [String] =
            switch kind {
            case .ban, .exempt, .reset: [kind.rawValue, client]
            case .limit: ["override", "set", client, policy ?? "", "--limit", "\(limit ?? 0)"]
            case .remove: ["override", "remove", client] + (policy.map { [$0] } ?? [])
            }
        let term = (seconds.map { ["--for", DurationText.text(seconds: $0)] } ?? []) + ["--reason", reason]
        return (["fcgi-limiter"] + words + term).map(Self.quoted).joined(separator: " ")
    }

    /// A word as a shell takes it.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._/:=,@%+".utf8.contains(byte)
        }
        return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
