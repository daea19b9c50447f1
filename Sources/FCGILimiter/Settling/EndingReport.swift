import Limiters
import TextFormats

/// What a web server reports when a request is over: `RECEIPT STATUS BYTES COST`, after anything that a log puts before it.
///
/// The last two words may be missing. A byte count or a cost that is not a whole number says nothing.
struct EndingReport: Sendable {
    /// The text of the receipt.
    let receipt: [UInt8]
    /// How the request ended.
    let ending: Ending

    /// Whether the receipt says that the fallback store was charged, which is true only if the receipt is genuine.
    var isForFallback: Bool { Receipt.isForFallback(receipt) }

    /// The report in a line of a log; `nil` if there is none.
    init?(_ line: [UInt8]) {
        let isBreak = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") }
        var rest = line[...]
        func next() -> ArraySlice<UInt8> {
            rest = rest.drop(while: isBreak)
            defer { rest = rest.drop { !isBreak($0) } }
            return rest.prefix { !isBreak($0) }
        }
        var word = next()
        while !word.isEmpty, !word.starts(with: Receipt.prefix.utf8) { word = next() }
        guard !word.isEmpty, let status = decimalValue(next()) else { return nil }
        receipt = Array(word)
        ending = Ending(status: Int(status), bytes: Self.number(next()), cost: Self.number(next()))
    }

    /// The number that a word is; one of more than 18 digits counts as the largest of them.
    private static func number(_ word: ArraySlice<UInt8>) -> Int64? {
        guard !word.isEmpty, word.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return decimalValue(word) ?? 999_999_999_999_999_999
    }
}
