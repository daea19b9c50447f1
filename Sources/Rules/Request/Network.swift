import TextFormats

/// A network or a single address, as a rules file writes it: `10.0.0.0/8`, `2001:db8::/32`, `203.0.113.9`, `unix`.
enum Network: Sendable {
    case v4(ClosedRange<UInt32>)
    case v6(ClosedRange<UInt128>)
    case unix

    /// Why a text is no network.
    enum Mistake: Error {
        case notAnAddress
        /// The prefix is no number from 0 to `longest`.
        case prefix(longest: Int)
        /// Bits are set behind the prefix; the text names the network without them.
        case hostBits(network: String)
    }

    init(_ text: String) throws(Mistake) {
        let bytes = Array(text.utf8)
        if text == "unix" || text == "unix:" {
            self = .unix
            return
        }
        let parts = bytes.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Address(parts[0]), address != .unix else { throw .notAnAddress }
        // A network mapped into IPv6 is written with the prefix of IPv6.
        let isMapped = parts[0].contains(UInt8(ascii: ":"))
        switch address {
        case .v4(let value):
            let hidden = isMapped ? 96 : 0
            let prefix = try Self.prefix(parts, longest: 32 + hidden) - hidden
            guard prefix >= 0 else { throw .prefix(longest: 128) }
            let rest = UInt32(truncatingIfNeeded: UInt64(UInt32.max) >> UInt64(prefix))
            guard value & rest == 0 else { throw .hostBits(network: Self.text(.v4(value & ~rest), prefix)) }
            self = .v4(value...(value | rest))
        case .v6(let value):
            let prefix = try Self.prefix(parts, longest: 128)
            let rest = ~Address.mask(prefix)
            guard value & rest == 0 else { throw .hostBits(network: Self.text(.v6(value & ~rest), prefix)) }
            self = .v6(value...(value | rest))
        case .unix:
            self = .unix
        }
    }

    private static func prefix(_ parts: [Bytes], longest: Int) throws(Mistake) -> Int {
        guard parts.count == 2 else { return longest }
        guard let prefix = decimalValue(parts[1]), prefix <= longest else { throw .prefix(longest: longest) }
        return Int(prefix)
    }

    private static func text(_ address: Address, _ prefix: Int) -> String {
        String(decoding: address.text(v6Prefix: 128), as: UTF8.self) + "/\(prefix)"
    }
}
