/// Where a request comes from.
enum Address: Hashable, Sendable {
    case v4(UInt32)
    case v6(UInt128)
    /// A peer on a unix socket of this machine, as nginx names it: `unix:`.
    case unix

    /// An address in any textual form: `203.0.113.9`, `2001:DB8::9`, `::ffff:203.0.113.9`, `fe80::1%eth0`, `unix:`.
    ///
    /// An IPv4 address mapped into IPv6 is the IPv4 address, and a zone is dropped. A number with a leading zero or in
    /// hexadecimal is no IPv4 address: programs disagree on what it means.
    init?(_ text: Bytes) {
        if let value = Self.parseV4(text) {
            self = .v4(value)
        } else if let value = Self.parseV6(text.prefix { $0 != UInt8(ascii: "%") }) {
            self = value >> 32 == 0xFFFF ? .v4(UInt32(truncatingIfNeeded: value)) : .v6(value)
        } else if text.starts(with: "unix:".utf8) {
            self = .unix
        } else {
            return nil
        }
    }

    /// An address as proxies write it: also in brackets and with a port, `[2001:db8::9]:4711`, `203.0.113.9:4711`.
    init?(hop text: Bytes) {
        if text.first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let port = text[(end + 1)...]
            guard port.isEmpty || Self.isPort(port) else { return nil }
            let inner = text[(text.startIndex + 1)..<end]
            guard inner.contains(UInt8(ascii: ":")) else { return nil }
            self.init(inner)
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")), Self.isPort(text[colon...]),
            let value = Self.parseV4(text[..<colon])
        {
            self = .v4(value)
        } else {
            self.init(text)
        }
    }

    /// A port in digits, or an obfuscated one (RFC 7239, 6.3), behind its colon.
    private static func isPort(_ text: Bytes) -> Bool {
        let port = text.dropFirst()
        guard text.first == UInt8(ascii: ":"), let first = port.first else { return false }
        if first == UInt8(ascii: "_") { return true }
        return port.count <= 5 && port.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func parseV4(_ text: Bytes) -> UInt32? {
        var (value, part, digits, dots): (UInt32, UInt32, Int, Int) = (0, 0, 0, 0)
        for byte in text {
            if byte >= 0x30 && byte <= 0x39 {
                guard digits == 0 || part > 0 else { return nil }
                part = part * 10 + UInt32(byte - 0x30)
                digits += 1
                guard part <= 255 else { return nil }
            } else {
                guard byte == UInt8(ascii: "."), digits > 0, dots < 3 else { return nil }
                value = value << 8 | part
                (part, digits, dots) = (0, 0, dots + 1)
            }
        }
        return dots == 3 && digits > 0 ? value << 8 | part : nil
    }

    private static func parseV6(_ text: Bytes) -> UInt128? {
        let colon = UInt8(ascii: ":")
        var (value, groups, index): (UInt128, Int, Int) = (0, 0, text.startIndex)
        // How many groups stand before the "::".
        var gap: Int?
        if text.starts(with: [colon, colon]) {
            gap = 0
            index += 2
        }
        while index < text.endIndex {
            let end = text[index...].firstIndex(of: colon) ?? text.endIndex
            let group = text[index..<end]
            if end == text.endIndex, group.contains(UInt8(ascii: ".")) {
                guard groups <= 6, let last = parseV4(group) else { return nil }
                value = value << 32 | UInt128(last)
                groups += 2
            } else {
                guard (1...4).contains(group.count), groups < 8 else { return nil }
                var number: UInt16 = 0
                for byte in group {
                    guard let digit = hexValue(byte) else { return nil }
                    number = number << 4 | UInt16(digit)
                }
                value = value << 16 | UInt128(number)
                groups += 1
            }
            index = end
            guard index < text.endIndex else { break }
            index += 1
            guard index < text.endIndex else { return nil }
            if text[index] == colon {
                guard gap == nil else { return nil }
                gap = groups
                index += 1
            }
        }
        guard let gap else { return groups == 8 ? value : nil }
        guard groups < 8 else { return nil }
        let low = 16 * (groups - gap)
        return (value >> UInt128(low)) << UInt128(128 - 16 * gap) | value & ((1 << UInt128(low)) - 1)
    }
}
