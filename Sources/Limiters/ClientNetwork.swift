/// The network that a client comes from: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address.
///
/// A full store counts new clients by network. Whoever can invent identities or addresses seldom has many networks.
public struct ClientNetwork: Sendable, Hashable {
    private let bits: UInt64

    /// The network of a client whose address is not known, or not an IP address.
    public static let unknown = ClientNetwork(bits: 0)

    private init(bits: UInt64) {
        self.bits = bits
    }

    /// The network of an IPv4 address, given as a number.
    public init(v4 address: UInt32) {
        bits = 4 << 56 | UInt64(address >> 8)
    }

    /// The network of an IPv6 address, given as a number.
    public init(v6 address: UInt128) {
        bits = 6 << 56 | UInt64(address >> 80)
    }

    /// The identity under which the network's new clients are counted together: `network=203.0.113.0/24`.
    public var identity: Identity {
        let text: String
        switch bits >> 56 {
        case 4: text = "\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255).0/24"
        case 6:
            let groups = [32, 16, 0].map { String(bits >> UInt64($0) & 0xFFFF, radix: 16) }
            text = groups.joined(separator: ":") + "::/48"
        default: text = "unknown"
        }
        return Identity(Self.source, text.utf8)
    }

    /// What identities of networks begin with, before the `=`.
    public static let source = "network"
}

extension Charge.Entry {
    /// The entry as it counts all new clients of a network together: by a token bucket, whose state is one number.
    public func counting(_ network: ClientNetwork) -> Charge.Entry {
        Charge.Entry(policy.countedByTokenBucket(), for: network.identity, cost: cost, tag: tag)
    }
}
