import Limiters

/// Overrides of networks, found by the prefixes of an address, the longest first.
struct NetworkTable: Sendable {
    /// The first bits of an address.
    private struct Prefix: Hashable {
        let isV6: Bool
        let length: Int
        let bits: UInt128

        init(_ address: Address, length: Int) {
            switch address {
            case .v4(let value):
                (isV6, bits) = (false, UInt128(value) & ~UInt128(UInt64(UInt32.max) >> UInt64(length)))
            case .v6(let value): (isV6, bits) = (true, value & Address.mask(length))
            case .unix: (isV6, bits) = (false, 0)
            }
            self.length = length
        }
    }

    private var overrides: [Prefix: [Override]] = [:]
    /// The lengths of the prefixes, from long to short.
    private var lengths: (v4: [Int], v6: [Int]) = ([], [])

    var isEmpty: Bool { overrides.isEmpty }

    mutating func insert(_ override: Override, _ network: Network) {
        let (address, length) = network.prefix
        overrides[Prefix(address, length: length), default: []].append(override)
        if case .v4 = address {
            lengths.v4 = Set(lengths.v4 + [length]).sorted(by: >)
        } else {
            lengths.v6 = Set(lengths.v6 + [length]).sorted(by: >)
        }
    }

    /// The ban or exemption of the smallest network with this address.
    func access(of address: Address, now: Microseconds) -> Override? {
        first(around: address) { $0.policy == nil && $0.until > now }
    }

    /// The override of a policy's limit for the smallest network with this address.
    func limit(_ policy: String, of address: Address, now: Microseconds) -> Override? {
        first(around: address) { $0.policy == policy && $0.until > now }
    }

    private func first(around address: Address, where isMet: (Override) -> Bool) -> Override? {
        let lengths: [Int]
        switch address {
        case .v4: lengths = self.lengths.v4
        case .v6: lengths = self.lengths.v6
        case .unix: return nil
        }
        for length in lengths {
            if let found = overrides[Prefix(address, length: length)]?.first(where: isMet) { return found }
        }
        return nil
    }
}

extension Network {
    /// The network written as an address, a slash and the length of its prefix; `nil` for any other text.
    init?(cidr text: String) {
        guard text.contains("/"), !text.contains("="), let network = try? Network(text) else { return nil }
        self = network
    }

    /// The first address, and the length of the prefix that all addresses share.
    var prefix: (address: Address, length: Int) {
        switch self {
        case .v4(let range): (.v4(range.lowerBound), (range.lowerBound ^ range.upperBound).leadingZeroBitCount)
        case .v6(let range): (.v6(range.lowerBound), (range.lowerBound ^ range.upperBound).leadingZeroBitCount)
        case .unix: (.unix, 0)
        }
    }

    /// The network in its canonical form: `203.0.113.0/24`, `2001:db8::/32`.
    var cidr: String { "\(String(decoding: prefix.address.text(v6Prefix: 128), as: UTF8.self))/\(prefix.length)" }
}
