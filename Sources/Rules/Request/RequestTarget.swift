/// The parts of `REQUEST_URI`: `/api/data?x=1`, or `http://host/api/data?x=1` as a client sends it to a proxy.
struct RequestTarget {
    /// Up to the first `?` or `#`, not decoded.
    let path: Bytes
    /// What follows the first `?`; `nil` without one.
    let query: Bytes?
    /// The host in the absolute form, which overrides the `Host` header (RFC 9112, 3.2.2); `nil` in the other forms.
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
        // Credentials before an @ are not part of the host.
        host = name.lastIndex(of: UInt8(ascii: "@")).map { name[($0 + 1)...] } ?? name
        path = front[slash...]
    }

    /// The index after `scheme://`; `nil` if the text does not begin with a scheme.
    private static func authorityStart(in text: Bytes) -> Int? {
        let scheme = text.prefix { byte in
            (0x61...0x7A).contains(lowercased(byte)) || (0x30...0x39).contains(byte) || "+-.".utf8.contains(byte)
        }
        guard !scheme.isEmpty, text[scheme.endIndex...].starts(with: "://".utf8) else { return nil }
        return scheme.endIndex + 3
    }
}
