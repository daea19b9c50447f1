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
        let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        guard let index = words.firstIndex(where: { $0.starts(with: Receipt.prefix.utf8) }),
            index + 1 < words.endIndex, let status = decimalValue(words[index + 1])
        else { return nil }
        receipt = Array(words[index])
        ending = Ending(
            status: Int(status), bytes: Self.number(words[index...].dropFirst(2)),
            cost: Self.number(words[index...].dropFirst(3)))
    }

    /// The number that the first of these words is; one of more than 18 digits counts as the largest of them.
    private static func number(_ words: ArraySlice<[UInt8].SubSequence>) -> Int64? {
        guard let word = words.first, !word.isEmpty, word.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return decimalValue(word) ?? 999_999_999_999_999_999
    }
}
