import Platform

/// The address that a request comes from.
enum Address: Hashable, Sendable {
    case v4(UInt32)
    case v6(UInt128)
    /// A peer on a Unix socket of this machine, which nginx calls `unix:`.
    case unix

    /// The IP address; `nil` for a peer on a Unix socket.
    var ip: IPAddress? {
        switch self {
        case .v4(let value): .v4(value)
        case .v6(let value): .v6(value)
        case .unix: nil
        }
    }

    /// An address in any textual form: `203.0.113.9`, `2001:DB8::9`, `::ffff:203.0.113.9`, `fe80::1%eth0`, `unix:`.
    ///
    /// An IPv4 address mapped into IPv6 is the IPv4 address, and a zone is dropped; ``IPAddress`` says what else counts as
    /// an address.
    init?(_ text: Bytes) {
        switch IPAddress(Self.withoutZone(text)) {
        case .v4(let value): self = .v4(value)
        case .v6(let value): self = .v6(value)
        case nil:
            guard text.starts(with: "unix:".utf8) else { return nil }
            self = .unix
        }
    }

    private static func withoutZone(_ text: Bytes) -> Bytes {
        let front = text.prefix { $0 != UInt8(ascii: "%") }
        return front.count < text.count && front.contains(UInt8(ascii: ":")) ? front : text
    }

    /// An address as proxies write it, which may have brackets and a port: `[2001:db8::9]:4711`, `203.0.113.9:4711`.
    init?(hop text: Bytes) {
        if text.first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let port = text[(end + 1)...]
            guard port.isEmpty || Self.isPort(port) else { return nil }
            let inner = text[(text.startIndex + 1)..<end]
            guard inner.contains(UInt8(ascii: ":")) else { return nil }
            self.init(inner)
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")), Self.isPort(text[colon...]),
            case .v4(let value) = IPAddress(text[..<colon])
        {
            self = .v4(value)
        } else {
            self.init(text)
        }
    }

    /// Whether the text is a colon and a port, in digits or obfuscated (RFC 7239, 6.3).
    private static func isPort(_ text: Bytes) -> Bool {
        let port = text.dropFirst()
        guard text.first == UInt8(ascii: ":"), let first = port.first else { return false }
        if first == UInt8(ascii: "_") { return true }
        return port.count <= 5 && port.allSatisfy { (0x30...0x39).contains($0) }
    }
}
