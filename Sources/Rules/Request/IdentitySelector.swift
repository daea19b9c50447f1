import Limiters

/// Whom a rule counts: alternatives, each one source or several combined.
///
/// `api_key or address`, `user and address`. The first alternative whose sources all have a value in the request is the
/// identity. If there is none, the address is, so no client escapes counting by leaving out a header.
struct IdentitySelector: Sendable {
    let alternatives: [[Source]]

    static let address = IdentitySelector(alternatives: [[.address]])

    func identity(_ facts: inout RequestFacts) -> Identity {
        for sources in alternatives {
            if sources.count == 1 {
                if sources[0].kind == .everyone { return .everyone }
                if let value = facts.identityValue(of: sources[0]) { return Identity(sources[0].label, value) }
            } else if let identity = Self.combined(sources, &facts) {
                return identity
            }
        }
        return Identity(Source.address.label, facts.value(of: .address) ?? [])
    }

    private static func combined(_ sources: [Source], _ facts: inout RequestFacts) -> Identity? {
        var values: [(source: String, value: [UInt8])] = []
        for source in sources {
            guard let value = facts.identityValue(of: source) else { return nil }
            values.append((source.label, Array(value)))
        }
        return Identity(values)
    }
}
