/// A header in which proxies report the address that a request came from.
enum ProxyHeader: String, CaseIterable {
    case xForwardedFor = "X-Forwarded-For"
    /// RFC 7239.
    case forwarded = "Forwarded"

    var variable: [UInt8] {
        switch self {
        case .xForwardedFor: Variable.xForwardedFor
        case .forwarded: Variable.forwarded
        }
    }

    /// The client of a request that came from a trusted proxy.
    ///
    /// Each proxy appends the address that it received the request from. The list is therefore read from the right, up to
    /// the first address that is not trusted; anybody could have written what is to the left of it. If a hop is not an
    /// address (`unknown`, a name, junk), the last trusted hop is the client. If all hops are trusted, the leftmost is.
    func client(via proxy: Address, in list: Bytes, trusted: AddressSet) -> Address {
        var client = proxy
        var end = list.endIndex
        while end > list.startIndex, trusted.contains(client) {
            guard let element = element(of: list, endingAt: end) else { return client }
            end = max(element.startIndex - 1, list.startIndex)
            let trimmed = element.trimmed
            // A list may have empty elements (RFC 9110, 5.6.1).
            if trimmed.isEmpty { continue }
            guard let hop = hop(in: trimmed), let address = Address(hop: hop) else { return client }
            client = address
        }
        return client
    }

    /// The element of the list that ends before `end`; `nil` if a quotation mark is not closed.
    ///
    /// Commas within quotes do not separate elements. Because the list is read from the right, nothing that a client wrote
    /// can move the boundaries of the elements that trusted proxies appended.
    private func element(of list: Bytes, endingAt end: Int) -> Bytes? {
        var isQuoted = false
        var index = end
        while index > list.startIndex {
            let byte = list[index - 1]
            if byte == UInt8(ascii: ","), !isQuoted { break }
            let isQuote = self == .forwarded && byte == UInt8(ascii: "\"") && !Self.isEscaped(index - 1, in: list)
            if isQuote { isQuoted.toggle() }
            index -= 1
        }
        return isQuoted ? nil : list[index..<end]
    }

    private static func isEscaped(_ index: Int, in list: Bytes) -> Bool {
        list[..<index].reversed().prefix { $0 == UInt8(ascii: "\\") }.count % 2 == 1
    }

    private func hop(in element: Bytes) -> Bytes? {
        switch self {
        case .xForwardedFor: element
        case .forwarded: Self.forParameter(of: element)
        }
    }

    /// The value of `for` in `for="[2001:db8::9]:4711";proto=https`; `nil` if it is missing, repeated or malformed.
    private static func forParameter(of element: Bytes) -> Bytes? {
        var found: Bytes?
        var rest = element
        while !rest.isEmpty {
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = rest[..<equals].trimmed
            guard let (value, end) = value(in: rest[(equals + 1)...]) else { return nil }
            if name.equals(ignoringCase: "for") {
                guard found == nil else { return nil }
                found = value
            }
            rest = rest[end...].trimmed
            guard rest.isEmpty || rest.first == UInt8(ascii: ";") else { return nil }
            rest = rest.dropFirst()
        }
        return found
    }

    /// A token or the text of a quoted string, and the index after it.
    private static func value(in text: Bytes) -> (Bytes, end: Int)? {
        guard text.first == UInt8(ascii: "\"") else {
            let token = text.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "\"") }
            return (token.trimmed, token.endIndex)
        }
        var value: [UInt8] = []
        var index = text.startIndex + 1
        while index < text.endIndex {
            if text[index] == UInt8(ascii: "\"") { return (value[...], index + 1) }
            if text[index] == UInt8(ascii: "\\"), index + 1 < text.endIndex { index += 1 }
            value.append(text[index])
            index += 1
        }
        return nil
    }
}
