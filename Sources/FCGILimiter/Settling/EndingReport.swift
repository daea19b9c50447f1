import Limiters
import TextFormats

/// What a web server reports when a request is over: `RECEIPT STATUS`, after anything that a log puts before it.
struct EndingReport: Sendable {
    /// The text of the receipt.
    let receipt: [UInt8]
    /// The status that the client got; 0 if none.
    let status: Int

    /// Whether the receipt says that the fallback store was charged, which is true only if the receipt is genuine.
    var isForFallback: Bool { Receipt.isForFallback(receipt) }

    /// The report in a line of a log; `nil` if there is none.
    init?(_ line: [UInt8]) {
        let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        guard let index = words.firstIndex(where: { $0.starts(with: Receipt.prefix.utf8) }),
            index + 1 < words.endIndex, let status = decimalValue(words[index + 1])
        else { return nil }
        receipt = Array(words[index])
        self.status = Int(status)
    }
}
