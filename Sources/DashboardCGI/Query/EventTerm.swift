/// A condition on events, as people write it: `path=/api/*`, `-status=403`, `user_agent="Mozilla/5.0 *"`.
///
/// `*` matches any text, and `-` in front excludes. A backslash takes away the special meaning of the next character. A value
/// with spaces is quoted.
struct EventTerm: Equatable, Sendable {
    /// What a condition is about.
    enum Field: String, CaseIterable, Sendable {
        case client
        case address
        case method
        case host
        case path
        case status
        case countedStatus = "counted_status"
        case userAgent = "user_agent"

        /// The SQL expression of its value, in a statement on events.
        var expression: String {
            switch self {
            case .client, .method, .host, .path: "coalesce(\(rawValue), '')"
            case .userAgent: "coalesce(user_agent, '')"
            case .address: "coalesce(host(address), '')"
            case .status, .countedStatus: "coalesce(\(rawValue)::text, '')"
            }
        }
    }

    /// A part of a value: one character, or any text.
    private enum Part: Equatable {
        case scalar(Unicode.Scalar)
        case any
    }

    let field: Field
    let isExcluded: Bool
    private let parts: [Part]

    /// The condition that a field has exactly this value.
    init(_ field: Field, is value: String) {
        (self.field, isExcluded, parts) = (field, false, value.unicodeScalars.map(Part.scalar))
    }

    private init(_ field: Field, _ isExcluded: Bool, _ parts: [Part]) {
        (self.field, self.isExcluded, self.parts) = (field, isExcluded, parts)
    }

    /// The pattern for SQL's `like`.
    var pattern: String {
        parts.map { part in
            switch part {
            case .any: "%"
            case .scalar(let scalar): "%_\\".unicodeScalars.contains(scalar) ? "\\\(scalar)" : "\(scalar)"
            }
        }.joined()
    }

    /// The condition as people write it.
    var text: String {
        let value = parts.map { part in
            switch part {
            case .any: "*"
            case .scalar(let scalar): "*\"\\".unicodeScalars.contains(scalar) ? "\\\(scalar)" : "\(scalar)"
            }
        }.joined()
        let isQuoted = value.isEmpty || value.unicodeScalars.contains(" ")
        return "\(isExcluded ? "-" : "")\(field.rawValue)=\(isQuoted ? "\"\(value)\"" : value)"
    }

    /// The conditions in a text, separated by spaces.
    ///
    /// - Throws: ``Problem`` that names the wrong word and says what to write.
    static func terms(_ text: String) throws(Problem) -> [EventTerm] {
        var terms: [EventTerm] = []
        var rest = text.unicodeScalars[...]
        while true {
            rest = rest.drop { $0 == " " }
            guard !rest.isEmpty else { return terms }
            let isExcluded = rest.first == "-"
            if isExcluded { rest = rest.dropFirst() }
            let name = String(rest.prefix { $0 != "=" && $0 != " " })
            rest = rest.dropFirst(name.unicodeScalars.count)
            guard let field = Field(rawValue: name), rest.popFirst() == "=" else {
                let known = Field.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(
                    .malformed, "\(name) is not a condition on events.",
                    "Write FIELD=VALUE, or -FIELD=VALUE to exclude. FIELD is \(known).")
            }
            terms.append(EventTerm(field, isExcluded, parts(&rest)))
        }
    }

    /// Takes a value off the front of a text.
    private static func parts(_ rest: inout Substring.UnicodeScalarView) -> [Part] {
        let isQuoted = rest.first == "\""
        if isQuoted { rest = rest.dropFirst() }
        var parts: [Part] = []
        while let scalar = rest.popFirst(), scalar != (isQuoted ? "\"" : " ") {
            switch scalar {
            case "*": parts.append(.any)
            case "\\": parts.append(.scalar(rest.popFirst() ?? "\\"))
            default: parts.append(.scalar(scalar))
            }
        }
        return parts
    }
}
