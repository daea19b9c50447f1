extension Bytes {
    /// The host in a `Host` header: without its port, and without the dot that ends a fully qualified name.
    ///
    /// An IPv6 address keeps its brackets.
    var hostName: Bytes {
        var name = trimmed
        if name.first == UInt8(ascii: "["), let end = name.firstIndex(of: UInt8(ascii: "]")) { return name[...end] }
        if let colon = name.firstIndex(of: UInt8(ascii: ":")) { name = name[..<colon] }
        return name.last == UInt8(ascii: ".") ? name.dropLast() : name
    }
}
