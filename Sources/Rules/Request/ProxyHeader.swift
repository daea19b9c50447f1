/// The header in which proxies pass on whom a request came from.
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

    /// The client of a request that a trusted proxy passed on.
    ///
    /// Each proxy appends whom it took the request from, so the list is read from the right up to the first address that
    /// is not trusted: what stands left of that, anybody could have written. Where a hop is no address (`unknown`, a
    /// name, junk) the last trusted hop is the client, and where all are trusted the leftmost.
    func client(behind proxy: Address, in list: Bytes, trusted: AddressSet) -> Address {
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

    /// The list's element that ends before `end`; `nil` where a quotation mark has no partner.
    ///
    /// Commas within quotes part nothing. Read from the right, nothing that a client wrote can change how the elements
    /// that trusted proxies appended are told apart.
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

    /// The value of `for` in `for="[2001:db8::9]:4711";proto=https`; `nil` where it is missing, doubled or torn.
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

    /// A token or the text of a quoted string, and where it ends.
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
