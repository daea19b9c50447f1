/// The hosts that a rule matches: `example.com`, or `*.example.com` for every name below it.
struct HostPattern: Hashable, Sendable {
    /// The name in small letters, without a dot at either end.
    private let name: [UInt8]
    private let includesSubdomains: Bool

    init(_ text: String) throws(ParseError) {
        var bytes = Array(text.utf8).map { lowercased($0) }[...]
        includesSubdomains = bytes.starts(with: "*.".utf8)
        if includesSubdomains { bytes = bytes.dropFirst(2) }
        guard bytes.first != UInt8(ascii: "[") else {
            guard bytes.hostName.count == bytes.count, !includesSubdomains, Address(hop: bytes) != nil else {
                throw ParseError("is not an IPv6 address in brackets; write for example [::1], without a port")
            }
            name = Array(bytes)
            return
        }
        guard !bytes.contains(UInt8(ascii: ":")) else {
            throw ParseError("contains a colon; write the host without scheme or port, an IPv6 address in brackets")
        }
        let isNameByte = { (byte: UInt8) in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "-._".utf8.contains(byte)
        }
        guard !bytes.contains(UInt8(ascii: "*")) else {
            throw ParseError("contains a *, which may only be at the front; write for example *.example.com")
        }
        let host = bytes.hostName
        guard !host.isEmpty, bytes.allSatisfy(isNameByte) else {
            throw ParseError("is not a host name; write letters, digits, - and ., and other alphabets as xn--…")
        }
        name = Array(host)
    }

    /// Whether the pattern matches a host as ``Bytes/hostName`` returns it.
    func matches(_ host: Bytes) -> Bool {
        guard includesSubdomains else { return Self.areEqual(host, name) }
        let front = host.dropLast(name.count)
        return front.count > 1 && front.last == UInt8(ascii: ".") && Self.areEqual(host.suffix(name.count), name)
    }

    /// Whether this pattern matches every host that `other` matches.
    func covers(_ other: HostPattern) -> Bool {
        self == other
            || (includesSubdomains
                && matches((other.includesSubdomains ? Array("x.".utf8) + other.name : other.name)[...]))
    }

    private static func areEqual(_ host: Bytes, _ name: [UInt8]) -> Bool {
        host.count == name.count && zip(host, name).allSatisfy { lowercased($0) == $1 }
    }
}
