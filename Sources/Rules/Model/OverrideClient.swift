public import Limiters
import TextFormats

extension Rulebook {
    /// The overrides as these rules apply them; `nil` if there are none.
    public func overrideTable(_ overrides: [Override]) -> OverrideTable? {
        overrides.isEmpty ? nil : OverrideTable(overrides, sources: sources)
    }

    /// The client or network that an operator names, in the form that overrides store.
    ///
    /// - Parameter text: a client as for ``client(named:plan:)``, an address alone, or a network such as
    ///   `203.0.113.0/24`.
    /// - Returns: an identity in its written form, or a network in its canonical form.
    /// - Throws: ``UnknownClient`` if no request can have such a client.
    public func overrideClient(named text: String) throws(UnknownClient) -> String {
        let label = Source.address.label + "="
        let written = text.hasPrefix(label) ? String(text.dropFirst(label.count)) : text
        let isAddress = Address(Array(written.utf8.prefix { $0 != UInt8(ascii: "/") })[...]) != nil
        if isAddress, let network = try Self.network(written, v6Prefix: settings.v6Prefix) { return network.cidr }
        let named = isAddress ? label + written : text
        if named.hasPrefix("#") || named == "all" {
            return String(decoding: try client(named: named).identity.bytes, as: UTF8.self)
        }
        // Not the identity of the client: that may come from a list of the rules, and differ from the counted one.
        var facts: [WrittenFact] = []
        for (source, value) in try writtenValues(in: named) {
            facts.append(try WrittenFact(value, of: source, settings))
        }
        if facts.count > 1 || facts.contains(where: { !$0.isCounted }) { _ = try client(named: named) }
        return String(decoding: Identity(facts).bytes, as: UTF8.self)
    }

    /// The network that an operator names; `nil` if the text names one client.
    private static func network(_ text: String, v6Prefix: Int) throws(UnknownClient) -> Network? {
        guard text.contains("/") else { return nil }
        let network: Network
        do throws(ParseError) { network = try Network(text) } catch {
            throw UnknownClient(description: "\"\(text)\" \(error.message)")
        }
        switch network.prefix {
        case (_, 0): throw UnknownClient(description: "\(text) contains every address: name a smaller network")
        case (.v6, v6Prefix): return nil
        default: return network
        }
    }

    /// The most clients of a network that ``clients(inNetwork:)`` names.
    private static let mostClients = 65_536

    /// The clients that the rules count by an address in the network that an operator names.
    ///
    /// - Parameter text: as for ``overrideClient(named:)``.
    /// - Returns: the network in its canonical form, and the keys of all its clients; `nil` if the text names one client.
    /// - Throws: ``UnknownClient`` if the text does not name a client, or names a network with more than 65,536 clients.
    public func clients(inNetwork text: String) throws(UnknownClient) -> (name: String, keys: [Key])? {
        let name = try overrideClient(named: text)
        guard let network = Network(cidr: name) else { return nil }
        var addresses: [Address] = []
        switch network {
        case .v4(let range) where range.upperBound - range.lowerBound < UInt32(Self.mostClients):
            addresses = range.map { .v4($0) }
        case .v6(let range) where (range.upperBound - range.lowerBound) >> hiddenBits < UInt128(Self.mostClients):
            addresses = stride(from: 0, through: (range.upperBound - range.lowerBound) >> hiddenBits, by: 1)
                .map { .v6(range.lowerBound + $0 << hiddenBits) }
        case .v4, .v6, .unix:
            throw UnknownClient(
                description: "\(name) has more than \(Self.mostClients) clients: name a smaller network")
        }
        let identities = addresses.map { Identity(Source.address.label, $0.text(v6Prefix: settings.v6Prefix)) }
        return (name, identities.flatMap { charge($0, nil) { $0.counts([.address]) }.entries.map(\.key) })
    }

    /// The keys of the states of a client or a network.
    ///
    /// - Parameter client: what ``overrideClient(named:)`` returned.
    /// - Returns: the keys, whether or not they are in use.
    /// - Throws: ``UnknownClient`` as ``clients(inNetwork:)`` and ``client(named:plan:)``.
    public func resetKeys(of client: String) throws(UnknownClient) -> [Key] {
        if let network = try clients(inNetwork: client) { return network.keys }
        return try self.client(named: client).charge.entries.map(\.key)
    }

    /// The bits of an IPv6 address that do not tell clients apart.
    private var hiddenBits: UInt128 { UInt128(128 - settings.v6Prefix) }

    /// The policy whose limit an operator overrides for a client.
    ///
    /// - Parameters:
    ///   - name: the policy's name.
    ///   - client: what ``overrideClient(named:)`` returned.
    ///   - limit: the limit.
    /// - Returns: the policy with that limit.
    /// - Throws: ``UnknownClient`` if there is no such policy, if it never counts the client, or if the limit is not valid.
    public func overriddenPolicy(
        named name: String, for client: String, limit: Int64
    ) throws(UnknownClient) -> Policy {
        let policy: Policy
        do throws(UnknownPolicy) { policy = try self.policy(named: name) } catch {
            throw UnknownClient(description: error.description)
        }
        if Network(cidr: client) == nil,
            try !self.client(named: client).charge.entries.contains(where: { $0.policy.name == name })
        {
            throw UnknownClient(description: "policy \(name) does not count \(client): look at what explain prints")
        }
        do throws(QuotaError) {
            _ = try Quota(limit: limit, window: policy.quota.window, algorithm: policy.quota.algorithm)
        } catch {
            throw UnknownClient(description: "policy \(name): \(error)")
        }
        return policy.limited(to: limit)
    }
}
