import Limiters
import TextFormats

/// A limit and its window, as a rules file writes them: `10 per minute`, `5 per 5 minutes`, `1000/hour`, `10 GB per day`,
/// `5 at once`.
struct QuotaText {
    let limit: Int64
    /// Whether the limit was written with a unit of bytes.
    let isInBytes: Bool
    /// The window, `Int64.max` if it exceeds that; `nil` for a limit at once.
    let window: Microseconds?

    private static let units: [(name: String, length: Microseconds)] = [
        ("millisecond", 1_000), ("second", 1_000_000), ("minute", 60_000_000), ("hour", 3_600_000_000),
        ("day", 86_400_000_000), ("week", 604_800_000_000),
    ]

    private static let byteUnits: [(name: String, size: Int64)] = [
        ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    init(_ text: String) throws(ParseError) {
        // "/" and "per" mean the same.
        let spaced = text.split(separator: "/", omittingEmptySubsequences: false).joined(separator: " per ")
        var words = spaced.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let first = words.first, var limit = decimalValue(first.utf8) else {
            throw ParseError("does not begin with a whole number; write for example 10 per minute")
        }
        isInBytes = words.count > 2 && words[1] != "per" && words[2] == "per"
        if isInBytes {
            let unitName = words.remove(at: 1)
            guard let unit = Self.byteUnits.first(where: { $0.name == unitName }) else {
                throw ParseError("has an unknown unit, \(unitName); write \(alternatives(Self.byteUnits.map(\.name)))")
            }
            let (bytes, overflow) = limit.multipliedReportingOverflow(by: unit.size)
            guard !overflow else { throw ParseError("has a limit out of range; write fewer bytes") }
            limit = bytes
        }
        guard words.count > 1 else {
            throw ParseError("lacks a time; write for example \(limit) per minute")
        }
        if words.dropFirst() == ["at", "once"] {
            (self.limit, window) = (limit, nil)
            return
        }
        guard words[1] == "per", words.count == 3 || words.count == 4 else {
            throw ParseError("is not a limit; write for example \(limit) per minute or \(limit) per 5 minutes")
        }
        guard let count = words.count == 3 ? 1 : decimalValue(words[2].utf8) else {
            throw ParseError("has no whole number after per; write for example \(limit) per 5 minutes")
        }
        self.limit = limit
        window = try Self.duration(count, words[words.count - 1])
    }

    /// The duration in a text such as `10 minutes` or `hour`; `Int64.max` if it exceeds that.
    static func duration(_ text: String) throws(ParseError) -> Microseconds {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard (1...2).contains(words.count), let count = words.count == 1 ? 1 : decimalValue(words[0].utf8) else {
            throw ParseError("is not a duration; write for example 10 minutes")
        }
        return try duration(count, words[words.count - 1])
    }

    private static func duration(_ count: Int64, _ unitName: String) throws(ParseError) -> Microseconds {
        guard let unit = units.first(where: { unitName == $0.name || unitName == $0.name + "s" }) else {
            let names = units.map(\.name)
            let remedy = nearest(to: unitName, among: names) ?? alternatives(names)
            throw ParseError("has an unknown unit of time, \(unitName); write \(remedy)")
        }
        let (length, overflow) = unit.length.multipliedReportingOverflow(by: count)
        return overflow ? .max : length
    }
}
