import Limiters
import Rules

/// One line of an access log in the combined format of nginx and Apache, as a request that rules can be asked about.
///
///     203.0.113.9 - alice [23/Nov/2026:21:46:38 +0000] "GET /api/data HTTP/1.1" 200 83 "-" "curl/7.88.1"
struct AccessLogLine: Subject {
    /// When the request was logged.
    let time: Microseconds
    /// The method and the target as they were sent.
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
        // A user's name may hold spaces, so it goes up to the bracket.
        guard let bracket = rest.firstIndex(of: UInt8(ascii: "[")) else { return nil }
        let user = rest[..<bracket].dropLast()
        rest = rest[(bracket + 1)...]
        guard let end = rest.firstIndex(of: UInt8(ascii: "]")), let time = logTime(rest[..<end]) else { return nil }
        rest = rest[(end + 1)...]
        guard let request = rest.takeQuoted() else { return nil }
        var words = request
        guard let method = words.takeWord(), let target = words.takeWord() else { return nil }
        _ = rest.takeWord()
        _ = rest.takeWord()
        self.time = time
        self.method = method
        self.target = target
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
        value.isEmpty || value.elementsEqual(CollectionOfOne(UInt8(ascii: "-"))) ? nil : value
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
        guard let open = firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        var end = open + 1
        while end < endIndex, self[end] != UInt8(ascii: "\"") {
            end += self[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < endIndex else { return nil }
        defer { self = self[(end + 1)...] }
        return self[(open + 1)..<end]
    }
}

/// The time in `23/Nov/2026:21:46:38 +0000`; `nil` for any other form.
private func logTime(_ text: ArraySlice<UInt8>) -> Microseconds? {
    guard text.count == 26 else { return nil }
    func number(_ offset: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for byte in text[(text.startIndex + offset)..<(text.startIndex + offset + count)] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return value
    }
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec"
    let name = text[(text.startIndex + 3)..<(text.startIndex + 6)]
    let month = (0..<12).first { name.elementsEqual(months.utf8.dropFirst(3 * $0).prefix(3)) }
    guard let month, let day = number(0, 2), let year = number(7, 4), let hour = number(12, 2),
        let minute = number(15, 2), let second = number(18, 2), let zoneHour = number(22, 2),
        let zoneMinute = number(24, 2)
    else { return nil }
    let zone = (zoneHour * 60 + zoneMinute) * (text[text.startIndex + 21] == UInt8(ascii: "-") ? -1 : 1)
    let local = CivilTime(year: year, month: Int64(month) + 1, day: day, hour: hour, minute: minute, second: second)
    return local.microseconds - zone * 60_000_000
}
