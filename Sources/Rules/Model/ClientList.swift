import Limiters

/// Clients named one by one: exempt or banned.
struct ClientList: Sendable {
    var addresses = AddressSet()
    /// API keys: those that clients present, whether or not they are on the site's list.
    var keys = KeyList()
    /// Users, headers and so on, with the values that are listed.
    var values: [(source: Source, values: Set<Bytes>)] = []

    /// By what the list has this client; `nil` where it has not.
    func find(_ reading: inout RequestFacts) -> Identity? {
        if !addresses.isEmpty, let client = reading.readClient(), addresses.contains(client) {
            return Identity(Source.address.label, client.text(v6Prefix: 128))
        }
        if !keys.isEmpty, let known = reading.presentedKey().flatMap({ keys.find($0) }) {
            return Identity(Source.apiKey.label, known.name)
        }
        for (source, values) in values {
            if let value = reading.value(of: source), values.contains(value) { return Identity(source.label, value) }
        }
        return nil
    }
}
