import Limiters

/// Overrides as one rulebook applies them: found by the identity and the address of a request.
///
/// An override of a client takes precedence over one of a network, and one of a smaller network over one of a larger network.
public struct OverrideTable: Sendable {
    /// The bans and exemptions of clients, by identity.
    private var access: [Identity: Override] = [:]
    /// The limits of clients.
    private var limits: [LimitKey: Override] = [:]
    /// The sources that the identities in `access` are made of, if they are made of one.
    private var sources: [Source] = []
    private var networks = NetworkTable()

    private struct LimitKey: Hashable {
        let identity: Identity
        let policy: String
    }

    init(_ overrides: [Override], sources known: [Source]) {
        for override in overrides {
            if let network = Network(cidr: override.client) {
                networks.insert(override, network)
            } else if let identity = Identity(written: override.client) {
                if let policy = override.policy {
                    limits[LimitKey(identity: identity, policy: policy)] = override
                } else {
                    access[identity] = override
                    let label = override.client.prefix { $0 != "=" }
                    if let source = known.first(where: { $0.label == label }), !sources.contains(source) {
                        sources.append(source)
                    }
                }
            }
        }
    }

    /// The ban or exemption of a request's client, and the identity that it names; a ban takes precedence over an exemption.
    func access(_ facts: inout RequestFacts, now: Microseconds) -> (override: Override, client: Identity)? {
        var exemption: (override: Override, client: Identity)?
        if !access.isEmpty {
            for source in sources {
                guard let value = facts.identityValue(of: source) else { continue }
                let identity = Identity(source.label, value)
                guard let override = access(of: identity, now: now) else { continue }
                if override.effect == .ban { return (override, identity) }
                exemption = (override, identity)
            }
        }
        if exemption != nil { return exemption }
        guard !networks.isEmpty else { return nil }
        for address in facts.client().map({ [$0] }) ?? facts.disputedClients() {
            guard let override = networks.access(of: address, now: now) else { continue }
            // A client whose proxy headers disagree is never exempt.
            if override.effect == .ban || facts.client() != nil {
                return (override, Identity(Source.address.label, address.text(v6Prefix: 128)))
            }
        }
        return nil
    }

    /// The ban or exemption of an identity that a rule counts.
    func access(of identity: Identity, now: Microseconds) -> Override? {
        access[identity].flatMap { $0.until > now ? $0 : nil }
    }

    /// The ban or exemption of the network of an address.
    func access(of address: Address, now: Microseconds) -> Override? { networks.access(of: address, now: now) }

    /// The override of a policy's limit for an identity, in a request from this address.
    func limit(_ policy: String, for identity: Identity, from address: Address?, now: Microseconds) -> Override? {
        if let override = limits[LimitKey(identity: identity, policy: policy)], override.until > now { return override }
        guard !networks.isEmpty, identity != .everyone, let address else { return nil }
        return networks.limit(policy, of: address, now: now)
    }
}
