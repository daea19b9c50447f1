public import Limiters
import Platform

/// Which receipts are settled, as one owner knows it.
///
/// The store has a shared text of bits for each run of numbers of an issuer. A process that settles
/// a receipt first sets its bit, if nobody has changed the text meanwhile. So each receipt is settled at most once, however many
/// processes try.
public struct ClaimList {
    /// A run of the receipts of one issuer.
    struct Run: Hashable {
        /// How many receipts are in a run.
        static let length: Int64 = 4_096

        let issuer: UInt64
        let number: Int64

        init(of receipt: Receipt.Number) {
            issuer = receipt.issuer
            number = receipt.index / Self.length
        }
    }

    /// The text of a run: four bits per hexadecimal digit.
    private struct Text {
        var version: Int64
        var digits: [UInt8]

        init(_ text: SharedText) {
            version = text.version
            let read = text.bytes ?? []
            digits = read.count == Int(Run.length / 4) ? read : Array(repeating: 0x30, count: Int(Run.length / 4))
        }

        subscript(index: Int64) -> Bool {
            get { digit(index) & 1 << UInt8(index % 4) != 0 }
            set {
                let value = digit(index) & ~(1 << UInt8(index % 4)) | (newValue ? 1 << UInt8(index % 4) : 0)
                digits[place(index)] = value < 10 ? 0x30 + value : 0x61 + value - 10
            }
        }

        private func place(_ index: Int64) -> Int { Int(index % Run.length / 4) }

        private func digit(_ index: Int64) -> UInt8 {
            let digit = digits[place(index)]
            return digit < 0x3A ? digit & 15 : (digit & 7) + 9
        }
    }

    /// The most runs that are remembered.
    private static let capacity = 1_000
    private var texts: [Run: Text] = [:]

    /// A list that knows nothing yet.
    public init() {}

    /// Claims receipts.
    ///
    /// - Parameters:
    ///   - numbers: the receipts.
    ///   - store: has the texts.
    /// - Returns: for each receipt whether this call claims it; of two equal ones only the first.
    /// - Throws: ``StoreError``. Then some receipts may be claimed.
    public mutating func claim(_ numbers: [Receipt.Number], in store: any Store) throws(StoreError) -> [Bool] {
        if texts.count > Self.capacity { texts = [:] }
        var isFresh = numbers.map { _ in false }
        for (run, indices) in Dictionary(grouping: numbers.indices, by: { Run(of: numbers[$0]) }) {
            var text: Text
            if let known = texts[run] {
                text = known
            } else {
                text = Text(try store.sharedText(.claims(run), known: 0))
            }
            var isDone = false
            while !isDone {
                var changed = text
                for index in indices {
                    isFresh[index] = !changed[numbers[index].index]
                    changed[numbers[index].index] = true
                }
                guard changed.digits != text.digits else { break }
                let answer = try store.replaceSharedText(
                    .claims(run), known: text.version, by: changed.digits,
                    until: wallMicroseconds() + Receipt.maximumAge + 3_600_000_000)
                isDone = answer.bytes == nil
                text = Text(answer)
                if isDone { text.digits = changed.digits }
            }
            texts[run] = text
        }
        return isFresh
    }

    /// How many receipts of an issuer are not claimed, among those with these indices.
    ///
    /// - Throws: ``StoreError``.
    public func unclaimedCount(
        _ indices: Range<Int64>, of issuer: UInt64, in store: any Store
    ) throws(StoreError) -> Int {
        var count = 0
        var text: (run: Run, text: Text)?
        for index in indices {
            let run = Run(of: Receipt.Number(issuer: issuer, index: index))
            if text?.run != run { text = (run, Text(try store.sharedText(.claims(run), known: 0))) }
            if text?.text[index] == false { count += 1 }
        }
        return count
    }
}
