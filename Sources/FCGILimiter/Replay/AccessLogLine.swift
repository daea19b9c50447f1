import Limiters
import Rules

/// One line of an access log in the combined format of nginx and Apache, as a request that rules can be asked about.
///
///     203.0.113.9 - alice [23/Nov/2026:21:46:38 +0000] "GET /api/data HTTP/1.1" 200 83 "-" "curl/7.88.1"
struct AccessLogLine: CGIVariables {
    /// When the request was logged.
    let time: Microseconds
    /// The method and the target as they were sent: what the log escaped is as it was.
    let method: ArraySlice<UInt8>
    let target: ArraySlice<UInt8>

    private let address: ArraySlice<UInt8>
    private let user: ArraySlice<UInt8>
    private let referer: ArraySlice<UInt8>
    private let agent: ArraySlice<UInt8>

    /// The request of a line without its line break; `nil` where the line has another form.
    init?(_ line: ArraySlice<UInt8>) {
        var rest = line
        guard let address = rest.takeWord(), rest.takeWord() != nil else { return nil }
        let front = rest.prefix(upTo: rest.firstQuote() ?? rest.startIndex)
        // A user's name may hold spaces and brackets, so the time is what stands next to the request.
        guard front.count >= 31, let time = logTime(front.dropLast().suffix(28)) else { return nil }
        let user = front.dropFirst().dropLast(30)
        guard let request = rest.takeQuoted() else { return nil }
        var words = request
        guard let method = words.takeWord(), let target = words.takeWord() else { return nil }
        _ = rest.takeWord()
        _ = rest.takeWord()
        self.time = time
        self.method = method
        self.target = LogEscapes.undone(in: target)
        self.address = address
        self.user = user
        // The common format ends before these two.
        referer = rest.takeQuoted() ?? []
        agent = rest.takeQuoted() ?? []
    }

    /// The variables that a web server would have sent, as far as the log tells.
    func bytes(of name: [UInt8]) -> ArraySlice<UInt8>? {
        if name.elementsEqual("REMOTE_ADDR".utf8) { return address }
        if name.elementsEqual("REQUEST_METHOD".utf8) { return method }
        if name.elementsEqual("REQUEST_URI".utf8) { return target }
        if name.elementsEqual("QUERY_STRING".utf8) {
            return target.firstIndex(of: UInt8(ascii: "?")).map { target[($0 + 1)...] } ?? []
        }
        if name.elementsEqual("REMOTE_USER".utf8) { return Self.present(user) }
        if name.elementsEqual("HTTP_USER_AGENT".utf8) { return Self.present(agent) }
        if name.elementsEqual("HTTP_REFERER".utf8) { return Self.present(referer) }
        return nil
    }

    /// Logs write `-` for what is absent.
    private static func present(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        value.isEmpty || value.elementsEqual(CollectionOfOne(UInt8(ascii: "-"))) ? nil : LogEscapes.undone(in: value)
    }
}

extension ArraySlice<UInt8> {
    /// Takes the bytes up to the next space, and the space; `nil` where nothing is left.
    fileprivate mutating func takeWord() -> ArraySlice<UInt8>? {
        self = drop { $0 == UInt8(ascii: " ") }
        let end = firstIndex(of: UInt8(ascii: " ")) ?? endIndex
        guard end > startIndex else { return nil }
        defer { self = self[end...] }
        return self[..<end]
    }

    /// Takes the bytes between the next two quotes; one behind a backslash ends nothing.
    fileprivate mutating func takeQuoted() -> ArraySlice<UInt8>? {
        guard let open = firstQuote(), let end = self[(open + 1)...].firstQuote() else { return nil }
        defer { self = self[(end + 1)...] }
        return self[(open + 1)..<end]
    }

    /// Where the first quote is that does not follow a backslash.
    fileprivate func firstQuote() -> Int? {
        var index = startIndex
        while index < endIndex, self[index] != UInt8(ascii: "\"") {
            index += self[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index < endIndex ? index : nil
    }
}

/// The time in `[23/Nov/2026:21:46:38 +0000]`; `nil` for any other form.
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
    let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"
    let month = (0..<12).first { month in (0..<3).allSatisfy { months.utf8Start[3 * month + $0] == byte(4 + $0) } }
    guard let month, byte(22) == UInt8(ascii: "+") || byte(22) == UInt8(ascii: "-") else { return nil }
    let local = CivilTime(
        year: number(8, 4), month: Int64(month) + 1, day: number(1, 2), hour: number(13, 2), minute: number(16, 2),
        second: number(19, 2))
    // What is no time of day would be counted as one of the next day.
    guard local.second <= 60, local.minute < 60, local.hour < 24, (1...31).contains(local.day) else { return nil }
    let zone = (number(23, 2) * 60 + number(25, 2)) * (byte(22) == UInt8(ascii: "-") ? -1 : 1)
    return local.microseconds - zone * 60_000_000
}
