/// `REQUEST_URI` in its parts: `/api/data?x=1`, or `http://host/api/data?x=1` as a client of a proxy sends it.
struct RequestTarget {
    /// Up to the first `?` or `#`, not decoded.
    let path: Bytes
    /// What follows the first `?`; `nil` where there is none.
    let query: Bytes?
    /// The host that the absolute form names; it goes before the `Host` header (RFC 9112, 3.2.2).
    let host: Bytes?

    init(_ text: Bytes) {
        let target = text.prefix { $0 != UInt8(ascii: "#") }
        let end = target.firstIndex(of: UInt8(ascii: "?"))
        let front = target[..<(end ?? target.endIndex)]
        query = end.map { target[($0 + 1)...] }
        guard front.first != UInt8(ascii: "/"), let authority = Self.authorityStart(in: front) else {
            path = front
            host = nil
            return
        }
        let slash = front[authority...].firstIndex(of: UInt8(ascii: "/")) ?? front.endIndex
        let name = front[authority..<slash]
        // Whom a client claims to be, in front of an @, is no part of the host.
        host = name.lastIndex(of: UInt8(ascii: "@")).map { name[($0 + 1)...] } ?? name
        path = front[slash...]
    }

    /// Where the host begins behind `scheme://`.
    private static func authorityStart(in text: Bytes) -> Int? {
        let scheme = text.prefix { byte in
            (0x61...0x7A).contains(lowercased(byte)) || (0x30...0x39).contains(byte) || "+-.".utf8.contains(byte)
        }
        guard !scheme.isEmpty, text[scheme.endIndex...].starts(with: "://".utf8) else { return nil }
        return scheme.endIndex + 3
    }
}
