import Limiters

/// Whom a rule counts: alternatives, each of one fact or of several together.
///
/// `api_key or address`, `user and address`. Where a request has all facts of an alternative, that alternative is its
/// identity; where it has none, the address is: leaving a header out is no way to pass uncounted.
struct IdentitySelector: Sendable {
    let alternatives: [[Source]]

    static let address = IdentitySelector(alternatives: [[.address]])

    private init(alternatives: [[Source]]) {
        self.alternatives = alternatives
    }

    init(_ text: String) throws(Source.Mistake) {
        var alternatives: [[Source]] = []
        for alternative in text.split(separator: " or ", omittingEmptySubsequences: false) {
            if let earlier = alternatives.last, earlier.allSatisfy({ $0.isAlwaysThere }) {
                let name = earlier[0].text
                throw .init(text: "always finds \(name), so what follows it is never used; write \(name) last")
            }
            var sources: [Source] = []
            for word in alternative.split(separator: " and ", omittingEmptySubsequences: false) {
                let source = try Source(String(word))
                guard !sources.contains(source) else {
                    throw Source.Mistake(text: "has \(source.text) twice; write it once")
                }
                sources.append(source)
            }
            guard sources.count == 1 || !sources.contains(where: { $0.place == .everyone }) else {
                throw .init(text: "has everyone beside something else; write everyone alone, for one count of all")
            }
            alternatives.append(sources)
        }
        self.alternatives = alternatives
    }

    func identity(_ reading: inout RequestFacts) -> Identity {
        for sources in alternatives {
            if sources.count == 1 {
                if sources[0].place == .everyone { return .everyone }
                if let value = reading.value(of: sources[0]) { return Identity(sources[0].label, value) }
            } else if let identity = Self.combined(sources, &reading) {
                return identity
            }
        }
        return Identity(Source.address.label, reading.value(of: .address) ?? [])
    }

    private static func combined(_ sources: [Source], _ reading: inout RequestFacts) -> Identity? {
        var facts: [(source: String, value: [UInt8])] = []
        for source in sources {
            guard let value = reading.value(of: source) else { return nil }
            facts.append((source.label, Array(value)))
        }
        return Identity(facts)
    }
}

extension Source {
    fileprivate var isAlwaysThere: Bool { place == .everyone || place == .address }

    fileprivate var text: String { place == .everyone ? "everyone" : label }
}
