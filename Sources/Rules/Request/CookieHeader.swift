/// The `Cookie` header: `a=1; b=2` (RFC 6265, 5.4).
enum CookieHeader {
    /// The value of the first cookie `name`, not decoded; `nil` if there is none.
    static func value(of name: [UInt8], in header: Bytes) -> Bytes? {
        var rest = header
        while !rest.isEmpty {
            let cookie = rest.prefix { $0 != UInt8(ascii: ";") }
            rest = rest[cookie.endIndex...].dropFirst()
            let trimmed = cookie.trimmed
            let cookieName = trimmed.prefix { $0 != UInt8(ascii: "=") }
            if cookieName.elementsEqual(name) { return trimmed[cookieName.endIndex...].dropFirst() }
        }
        return nil
    }
}
