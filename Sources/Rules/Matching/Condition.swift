/// Something that a rule requires of a request besides its path and method.
enum Condition: Sendable {
    case host([HostPattern])
    /// A header or another variable.
    case variable(name: [UInt8], ValuePattern)
    case query(name: [UInt8], ValuePattern)
    case address(AddressSet)
    case path(Automaton, text: String)

    func holds(for facts: inout RequestFacts, _ path: RequestPath) -> Bool {
        switch self {
        case .host(let patterns): Self.any(patterns, facts.host()) || Self.any(patterns, facts.serverName())
        case .variable(let name, let pattern): facts.variable(name).map { pattern.matches($0) } ?? false
        // If a parameter is repeated, programs differ in which value they take, so any of them counts.
        case .query(let name, let pattern): facts.queryValues(name).contains { pattern.matches($0) }
        case .address(let addresses): facts.client().map { addresses.contains($0) } ?? false
        case .path(let automaton, _): automaton.matches(path.bytes)
        }
    }

    private static func any(_ patterns: [HostPattern], _ host: Bytes) -> Bool {
        patterns.contains { $0.matches(host) }
    }

    /// Whether every request that meets `other` meets this condition; `false` if that is not obvious.
    func covers(_ other: Condition) -> Bool {
        switch (self, other) {
        case (.host(let mine), .host(let theirs)): theirs.allSatisfy { host in mine.contains { $0.covers(host) } }
        case (.variable(let mine, let wanted), .variable(let theirs, let given)),
            (.query(let mine, let wanted), .query(let theirs, let given)):
            mine == theirs && (wanted == given || wanted.matchesEverything)
        case (.address(let mine), .address(let theirs)): mine.covers(theirs)
        case (.path(_, let mine), .path(_, let theirs)): mine == theirs
        default: false
        }
    }
}
