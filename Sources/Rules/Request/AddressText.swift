import TextFormats

extension Address {
    /// The address as identities contain it: `203.0.113.9`, `2001:db8:0:1::/64`, `2001:db8::9`, `unix:`.
    ///
    /// - Parameter prefix: the bits of an IPv6 address that count, 1 to 128; a client that has one address of a network has
    ///   all of them, so the network is one client. 128 is written without a prefix.
    /// - Returns: the text in ASCII.
    func text(v6Prefix prefix: Int) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(44)
        switch self {
        case .v4(let value):
            for shift: UInt32 in [24, 16, 8, 0] {
                text.append(decimal: Int64(value >> shift & 255))
                if shift > 0 { text.append(UInt8(ascii: ".")) }
            }
        case .v6(let value):
            text.append(v6: value & Self.mask(prefix))
            if prefix < 128 {
                text.append(UInt8(ascii: "/"))
                text.append(decimal: Int64(prefix))
            }
        case .unix:
            text.append(contentsOf: "unix:".utf8)
        }
        return text
    }

    /// The first `prefix` of 128 bits.
    static func mask(_ prefix: Int) -> UInt128 {
        ~0 << UInt128(128 - prefix)
    }
}

extension [UInt8] {
    /// Appends an IPv6 address in its canonical form (RFC 5952): small letters, the longest run of zero groups as `::`.
    fileprivate mutating func append(v6 value: UInt128) {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> UInt128(112 - 16 * $0)) }
        var zeros = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > Swift.max(1, zeros.count) { zeros = start..<index }
            start = index + 1
        }
        for index in 0..<8 {
            if zeros.contains(index) {
                if index == zeros.lowerBound { append(contentsOf: "::".utf8) }
                continue
            }
            if index > 0, index != zeros.upperBound || zeros.isEmpty { append(UInt8(ascii: ":")) }
            append(contentsOf: String(groups[index], radix: 16).utf8)
        }
    }
}
