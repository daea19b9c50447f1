/// Which hosts a rule is for: `example.com`, or `*.example.com` for every name under it.
struct HostPattern: Hashable, Sendable {
    /// In small letters, without a dot at either end.
    private let name: [UInt8]
    private let isOpen: Bool

    /// Why a text is no host.
    struct Mistake: Error {
        let text: String
    }

    init(_ text: String) throws(Mistake) {
        var bytes = Array(text.utf8).map { lowercased($0) }[...]
        isOpen = bytes.starts(with: "*.".utf8)
        if isOpen { bytes = bytes.dropFirst(2) }
        guard bytes.first != UInt8(ascii: "[") else {
            guard Self.bare(bytes).count == bytes.count, !isOpen, Address(hop: bytes) != nil else {
                throw Mistake(text: "is no IPv6 address in brackets; write for example [::1], without a port")
            }
            name = Array(bytes)
            return
        }
        guard !bytes.contains(UInt8(ascii: ":")) else {
            throw Mistake(text: "has a scheme or a port; write the host alone, an IPv6 address in brackets")
        }
        let isNameByte = { (byte: UInt8) in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "-._".utf8.contains(byte)
        }
        guard !bytes.contains(UInt8(ascii: "*")) else {
            throw Mistake(text: "has a * inside; write it at the front, as in *.example.com")
        }
        let host = Self.bare(bytes)
        guard !host.isEmpty, bytes.allSatisfy(isNameByte) else {
            throw Mistake(text: "is no host name; write letters, digits, - and ., other alphabets as xn--…")
        }
        name = Array(host)
    }

    /// Whether `host`, as ``bare(_:)`` leaves it, is one of this pattern.
    func matches(_ host: Bytes) -> Bool {
        guard isOpen else { return Self.areEqual(host, name) }
        let front = host.dropLast(name.count)
        return front.count > 1 && front.last == UInt8(ascii: ".") && Self.areEqual(host.suffix(name.count), name)
    }

    /// Whether each host of `other` is one of this pattern.
    func covers(_ other: HostPattern) -> Bool {
        self == other || (isOpen && matches((other.isOpen ? Array("x.".utf8) + other.name : other.name)[...]))
    }

    private static func areEqual(_ host: Bytes, _ name: [UInt8]) -> Bool {
        host.count == name.count && zip(host, name).allSatisfy { lowercased($0) == $1 }
    }

    /// A `Host` header without its port and without the dot that ends a full name.
    static func bare(_ host: Bytes) -> Bytes {
        var name = host.trimmed
        if name.first == UInt8(ascii: "["), let end = name.firstIndex(of: UInt8(ascii: "]")) { return name[...end] }
        if let colon = name.firstIndex(of: UInt8(ascii: ":")) { name = name[..<colon] }
        return name.last == UInt8(ascii: ".") ? name.dropLast() : name
    }
}
