import TextFormats

/// A network or a single address as a rules file writes it: `10.0.0.0/8`, `2001:db8::/32`, `203.0.113.9`, `unix`.
enum Network: Sendable {
    case v4(ClosedRange<UInt32>)
    case v6(ClosedRange<UInt128>)
    case unix

    init(_ text: String) throws(ParseError) {
        if text == "unix" || text == "unix:" {
            self = .unix
            return
        }
        let parts = Array(text.utf8).split(
            separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Address(parts[0]), address != .unix else {
            throw ParseError("is not an address or a network; write for example 10.0.0.0/8, 2001:db8::/32 or unix")
        }
        // A mapped IPv4 network has the prefix that it has as an IPv6 network.
        let isMapped = parts[0].contains(UInt8(ascii: ":"))
        switch address {
        case .v4(let value):
            let hidden = isMapped ? 96 : 0
            let prefix = try Self.prefix(parts, longest: 32 + hidden) - hidden
            guard prefix >= 0 else { throw Self.badPrefix(longest: 128) }
            let rest = UInt32(truncatingIfNeeded: UInt64(UInt32.max) >> UInt64(prefix))
            guard value & rest == 0 else { throw Self.hostBits(.v4(value & ~rest), prefix) }
            self = .v4(value...(value | rest))
        case .v6(let value):
            let prefix = try Self.prefix(parts, longest: 128)
            let rest = ~Address.mask(prefix)
            guard value & rest == 0 else { throw Self.hostBits(.v6(value & ~rest), prefix) }
            self = .v6(value...(value | rest))
        case .unix:
            self = .unix
        }
    }

    private static func prefix(_ parts: [Bytes], longest: Int) throws(ParseError) -> Int {
        guard parts.count == 2 else { return longest }
        guard let prefix = decimalValue(parts[1]), prefix <= longest else { throw badPrefix(longest: longest) }
        return Int(prefix)
    }

    private static func badPrefix(longest: Int) -> ParseError {
        ParseError("has an invalid prefix; write /0 to /\(longest)")
    }

    private static func hostBits(_ network: Address, _ prefix: Int) -> ParseError {
        let text = String(decoding: network.text(v6Prefix: 128), as: UTF8.self)
        return ParseError("has bits set after its prefix; write \(text)/\(prefix)")
    }
}
