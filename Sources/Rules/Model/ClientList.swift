import Limiters

/// Clients that are exempt or banned.
struct ClientList: Sendable {
    var addresses = AddressSet()
    /// API keys as clients send them, whether or not they are in the site's key file.
    var keys = KeyList()
    /// The listed values of users, headers and other sources.
    var values: [(source: Source, values: Set<Bytes>)] = []

    /// The identity by which the client of a request is listed; `nil` if it is not.
    func identity(_ facts: inout RequestFacts) -> Identity? {
        if !addresses.isEmpty, let client = facts.client(), addresses.contains(client) {
            return Identity(Source.address.label, client.text(v6Prefix: 128))
        }
        if !keys.isEmpty, let key = facts.sentKey(), keys.entry(for: key) != nil {
            return Identity(Source.apiKey.label, facts.settings.name(ofKey: key))
        }
        for (source, values) in values {
            if let value = facts.value(of: source), values.contains(value) {
                return Identity(source.label, facts.settings.fingerprints.name(of: value, from: source))
            }
        }
        return nil
    }

    /// The listed address that one of the proxy headers of a request names if they disagree; `nil` if neither is listed.
    func disputedIdentity(_ facts: inout RequestFacts) -> Identity? {
        guard !addresses.isEmpty, let client = facts.disputedClients().first(where: addresses.contains) else {
            return nil
        }
        return Identity(Source.address.label, client.text(v6Prefix: 128))
    }
}
