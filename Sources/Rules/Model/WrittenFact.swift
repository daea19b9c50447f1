/// A fact about a client as an operator writes it.
struct WrittenFact {
    let source: Source
    /// The value as identities contain it.
    let name: Bytes
    /// The value as the identity of a listed client contains it: an address instead of its network.
    let listedName: Bytes
    /// Whether requests with the value are counted by it, which those with an unknown API key are not.
    private(set) var isCounted = true
    /// The client's plan in the key file.
    private(set) var plan: Bytes?

    /// The value that was written: a secret, or its name.
    private let value: Bytes
    /// The addresses that were written; empty unless the fact is an address.
    private let addresses: AddressSet

    init(_ value: Bytes, of source: Source, _ settings: RequestSettings) throws(UnknownClient) {
        self.source = source
        self.value = value
        let isName = settings.fingerprints.isName(value, from: source)
        switch source.kind {
        case .address:
            let (address, network) = try Self.address(String(decoding: value, as: UTF8.self), settings.v6Prefix)
            name = address.text(v6Prefix: settings.v6Prefix)[...]
            listedName = value.contains(UInt8(ascii: "/")) ? name : address.text(v6Prefix: 128)[...]
            addresses = AddressSet([network])
        case .apiKey:
            addresses = AddressSet()
            let entry = settings.keys?.entry(named: value) ?? settings.keys?.entry(for: value)
            name = entry?.name ?? (isName ? value : settings.name(ofKey: value))
            listedName = name
            isCounted = settings.keys == nil || entry != nil
            plan = entry?.plan
        default:
            addresses = AddressSet()
            name = isName ? value : settings.fingerprints.name(of: value, from: source)
            listedName = name
        }
    }

    /// Whether a list has the client.
    func isOn(_ list: ClientList, _ fingerprints: Fingerprints) -> Bool {
        switch source.kind {
        case .address: list.addresses.covers(addresses)
        case .apiKey: list.keys.entry(for: value) != nil || list.keys.entry(named: name) != nil
        default:
            list.values.contains { listed in
                listed.source == source
                    && listed.values.contains { $0 == value || fingerprints.name(of: $0, from: source) == name }
            }
        }
    }

    /// An address, or the network that counts as one client, and the addresses in it.
    private static func address(_ text: String, _ v6Prefix: Int) throws(UnknownClient) -> (Address, Network) {
        let front = text.prefix { $0 != "/" }
        guard let address = Address(Array(front.utf8)[...]), let network = try? Network(text) else {
            throw UnknownClient(
                description: "address=\(text) is not an address: write for example address=203.0.113.9")
        }
        if front.endIndex == text.endIndex { return (address, network) }
        guard case .v6 = address, text.dropFirst(front.count + 1) == "\(v6Prefix)" else {
            throw UnknownClient(
                description:
                    "address=\(text) is not one client: write an address, or an IPv6 network of \(v6Prefix) bits")
        }
        return (address, network)
    }
}
