/// A set of HTTP methods.
struct MethodSet: OptionSet, Sendable {
    let rawValue: UInt32

    /// The methods that a rule may name: those of RFC 9110, RFC 5789 and WebDAV (RFC 4918, 3253, 5323).
    static let names: [StaticString] = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "PROPPATCH",
        "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "PURGE",
    ]

    /// Every method, including those that no rule can name.
    static let all = MethodSet(rawValue: .max)

    init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The method of this name, which is case-sensitive; empty for a name that is not one of ``names``.
    init(_ name: Bytes) {
        let index = Self.names.firstIndex { known in
            known.utf8CodeUnitCount == name.count
                && name.elementsEqual(UnsafeBufferPointer(start: known.utf8Start, count: name.count))
        }
        rawValue = index.map { 1 << UInt32($0) } ?? 0
    }

    /// The set with HEAD added if it contains GET.
    ///
    /// HEAD causes the same work, so a client could otherwise avoid a rule for GET.
    var withHead: MethodSet { contains(.get) ? union(.head) : self }

    /// The method of CORS preflights.
    static let options = MethodSet(rawValue: 1 << 6)

    private static let get = MethodSet(rawValue: 1)
    private static let head = MethodSet(rawValue: 2)
}
