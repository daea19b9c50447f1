/// The values of a header or a query parameter that a rule matches: a text in which `*` matches any bytes, including none.
struct ValuePattern: Hashable, Sendable {
    /// The texts between the stars.
    private let parts: [[UInt8]]

    init(_ text: String) {
        parts = Array(text.utf8).split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map { Array($0) }
    }

    /// Whether the pattern matches every value.
    var matchesEverything: Bool { parts.count > 1 && parts.allSatisfy(\.isEmpty) }

    /// Whether the pattern matches a value; takes at most the value's length times the pattern's.
    func matches(_ value: Bytes) -> Bool {
        let (first, last) = (parts[0], parts[parts.count - 1])
        guard parts.count > 1 else { return value.elementsEqual(first) }
        guard value.count >= first.count + last.count, value.starts(with: first),
            value.suffix(last.count).elementsEqual(last)
        else { return false }
        var rest = value.dropFirst(first.count).dropLast(last.count)
        // Taking the first occurrence of each part leaves the most for the others.
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            while !rest.starts(with: part) {
                guard rest.count > part.count else { return false }
                rest = rest.dropFirst()
            }
            rest = rest.dropFirst(part.count)
        }
        return true
    }
}
