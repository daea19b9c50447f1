public import Limiters
import Platform
import TextFormats

/// One line of an access log in the combined format of nginx and Apache, as a request that rules can match.
///
///     203.0.113.9 - alice [23/Nov/2026:21:46:38 +0000] "GET /api/data HTTP/1.1" 200 83 "-" "curl/7.88.1"
///
/// In Debian's log of all virtual hosts, the server's name and port come first: `example.com:443 203.0.113.9 - …`.
public struct AccessLogLine: CGIVariables {
    /// When the request was logged.
    public let time: Microseconds
    /// The method, as it was sent.
    public let method: ArraySlice<UInt8>
    /// The target as it was sent, without the log's escapes.
    public let target: ArraySlice<UInt8>
    /// The status of the answer; 0 if the line has none.
    public let status: Int
    /// The bytes of the answer; `nil` if the line has none.
    public let bytesSent: Int64?

    /// How the request ended, without a cost from a header, which logs do not have.
    var ending: Ending { Ending(status: status, bytes: bytesSent) }

    private let address: ArraySlice<UInt8>
    /// The server's name; `nil` if it is not known.
    private let host: ArraySlice<UInt8>?
    private let user: ArraySlice<UInt8>
    private let referer: ArraySlice<UInt8>
    private let agent: ArraySlice<UInt8>

    /// The request of a line without its line break; `nil` for a line in another format.
    ///
    /// - Parameters:
    ///   - line: may begin with a virtual host.
    ///   - host: the server's name if the line has none.
    public init?(_ line: ArraySlice<UInt8>, host: ArraySlice<UInt8>? = nil) {
        var rest = line
        let virtualHost = rest.takeVirtualHost()
        guard let address = rest.takeWord(), rest.takeWord() != nil else { return nil }
        let front = rest.prefix(upTo: rest.firstQuote() ?? rest.startIndex)
        // A user name may contain spaces and brackets, so the time is read backwards from the request.
        guard front.count >= 31, let time = logTime(front.dropLast().suffix(28)) else { return nil }
        let user = front.dropFirst().dropLast(30)
        guard let request = rest.takeQuoted() else { return nil }
        var words = request
        guard let method = words.takeWord(), let target = words.takeWord() else { return nil }
        status = rest.takeWord().flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
        bytesSent = rest.takeWord().flatMap {
            $0.elementsEqual(CollectionOfOne(UInt8(ascii: "-"))) ? 0 : decimalValue($0)
        }
        self.time = time
        self.method = method
        self.target = LogEscapes.undone(in: target)
        self.address = address
        self.host = virtualHost ?? host
        self.user = user
        // The common log format ends before these two fields.
        referer = rest.takeQuoted() ?? []
        agent = rest.takeQuoted() ?? []
    }

    /// The CGI variables that a web server would have sent; `nil` for those that the log lacks.
    public func bytes(of name: [UInt8]) -> ArraySlice<UInt8>? {
        if name.elementsEqual("REMOTE_ADDR".utf8) { return address }
        if name.elementsEqual("REQUEST_METHOD".utf8) { return method }
        if name.elementsEqual("REQUEST_URI".utf8) { return target }
        if name.elementsEqual("QUERY_STRING".utf8) {
            return target.firstIndex(of: UInt8(ascii: "?")).map { target[($0 + 1)...] } ?? []
        }
        if name.elementsEqual("HTTP_HOST".utf8) || name.elementsEqual("SERVER_NAME".utf8) { return host }
        if name.elementsEqual("REMOTE_USER".utf8) { return Self.present(user) }
        if name.elementsEqual("HTTP_USER_AGENT".utf8) { return Self.present(agent) }
        if name.elementsEqual("HTTP_REFERER".utf8) { return Self.present(referer) }
        return nil
    }

    /// The field without the log's escapes; `nil` for `-`, which logs write for an absent field.
    private static func present(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        value.isEmpty || value.elementsEqual(CollectionOfOne(UInt8(ascii: "-"))) ? nil : LogEscapes.undone(in: value)
    }
}

extension ArraySlice<UInt8> {
    /// Removes and returns the next word, without spaces; `nil` if only spaces are left.
    fileprivate mutating func takeWord() -> ArraySlice<UInt8>? {
        self = drop { $0 == UInt8(ascii: " ") }
        let end = firstIndex(of: UInt8(ascii: " ")) ?? endIndex
        guard end > startIndex else { return nil }
        defer { self = self[end...] }
        return self[..<end]
    }

    /// Removes and returns the name in `example.com:443` if an address follows; otherwise removes nothing.
    fileprivate mutating func takeVirtualHost() -> ArraySlice<UInt8>? {
        var rest = self
        guard let word = rest.takeWord(), IPAddress(word) == nil, let colon = word.lastIndex(of: UInt8(ascii: ":")),
            word[(colon + 1)...].allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        var following = rest
        guard let address = following.takeWord(), IPAddress(address) != nil else { return nil }
        self = rest
        return word[..<colon]
    }

    /// Removes the next quoted text and returns it without its quotes.
    fileprivate mutating func takeQuoted() -> ArraySlice<UInt8>? {
        guard let open = firstQuote(), let end = self[(open + 1)...].firstQuote() else { return nil }
        defer { self = self[(end + 1)...] }
        return self[(open + 1)..<end]
    }

    /// The index of the first quote that no backslash escapes.
    fileprivate func firstQuote() -> Int? {
        var index = startIndex
        while index < endIndex, self[index] != UInt8(ascii: "\"") {
            index += self[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index < endIndex ? index : nil
    }
}

/// The time written in the 28 bytes `[23/Nov/2026:21:46:38 +0000]`; `nil` for another format.
private func logTime(_ text: ArraySlice<UInt8>) -> Microseconds? {
    let form: StaticString = "[00/   /0000:00:00:00 00000]"
    func byte(_ offset: Int) -> UInt8 { text[text.startIndex + offset] }
    for offset in 0..<form.utf8CodeUnitCount where offset != 22 {
        let expected = form.utf8Start[offset]
        switch expected {
        case UInt8(ascii: "0"): guard (0x30...0x39).contains(byte(offset)) else { return nil }
        case UInt8(ascii: " ") where offset < 7: break
        default: guard byte(offset) == expected else { return nil }
        }
    }
    func number(_ offset: Int, _ count: Int) -> Int64 {
        (offset..<(offset + count)).reduce(0) { $0 * 10 + Int64(byte($1) - 0x30) }
    }
    let name = String(decoding: text.dropFirst(4).prefix(3), as: UTF8.self)
    guard let month = UTCTime.monthNames.firstIndex(of: name),
        let local = UTCTime(
            year: number(8, 4), month: Int64(month) + 1, day: number(1, 2), hour: number(13, 2), minute: number(16, 2),
            second: number(19, 2))
    else { return nil }
    let zone = (number(23, 2) * 60 + number(25, 2)) * 60_000_000
    switch byte(22) {
    case UInt8(ascii: "+"): return local.microseconds - zone
    case UInt8(ascii: "-"): return local.microseconds + zone
    default: return nil
    }
}
