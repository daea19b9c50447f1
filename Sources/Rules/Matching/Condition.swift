/// One thing that a rule asks of a request besides its path and its method.
enum Condition: Sendable {
    case host([HostPattern])
    /// A header or another variable.
    case variable(name: [UInt8], ValuePattern)
    case query(name: [UInt8], ValuePattern)
    case address(AddressSet)
    case path(Automaton, text: String)

    func holds(for reading: inout RequestFacts, _ path: RequestPath) -> Bool {
        switch self {
        case .host(let patterns):
            Self.any(patterns, reading.readHost())
        case .variable(let name, let pattern): reading.variable(name).map { pattern.matches($0) } ?? false
        // Programs differ in which of two they take, so either counts.
        case .query(let name, let pattern): reading.queryValues(name).contains { pattern.matches($0) }
        case .address(let addresses): reading.readClient().map { addresses.contains($0) } ?? false
        case .path(let automaton, _): automaton.matches(path.bytes)
        }
    }

    private static func any(_ patterns: [HostPattern], _ host: Bytes) -> Bool {
        patterns.contains { $0.matches(host) }
    }

    /// Whether each request that meets `other` meets this; false where that is not plain to see.
    func covers(_ other: Condition) -> Bool {
        switch (self, other) {
        case (.host(let mine), .host(let its)): its.allSatisfy { host in mine.contains { $0.covers(host) } }
        case (.variable(let mine, let wanted), .variable(let its, let given)),
            (.query(let mine, let wanted), .query(let its, let given)):
            mine == its && (wanted == given || wanted.isEverything)
        case (.address(let mine), .address(let its)): mine.covers(its)
        case (.path(_, let mine), .path(_, let its)): mine == its
        default: false
        }
    }
}
