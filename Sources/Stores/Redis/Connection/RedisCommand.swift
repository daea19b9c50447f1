import TextFormats

/// A command in the form of the Redis protocol (RESP).
///
/// It is written as bytes, because strings would cost more than the rest of a request.
struct RedisCommand: ~Copyable {
    private(set) var bytes: [UInt8] = []

    /// A command of so many words, which are appended next.
    init(wordCount: Int) {
        begin(wordCount: wordCount)
    }

    /// A command made of these words.
    init(_ words: [String]) {
        begin(wordCount: words.count)
        for word in words { append(Array(word.utf8)) }
    }

    /// Begins another command in the same memory.
    mutating func begin(wordCount: Int) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(UInt8(ascii: "*"))
        bytes.append(decimal: Int64(wordCount))
        endLine()
    }

    /// Appends one word of any bytes.
    mutating func append(_ word: [UInt8]) {
        bytes.append(UInt8(ascii: "$"))
        bytes.append(decimal: Int64(word.count))
        endLine()
        bytes.append(contentsOf: word)
        endLine()
    }

    /// Appends one word: a number in decimal digits.
    mutating func append(number: Int64) {
        var digits: [UInt8] = []
        digits.append(decimal: number)
        append(digits)
    }

    /// Appends one word that `write` writes, 10 to 99 bytes long: Redis takes no length with a leading zero.
    mutating func append(writing write: (inout RedisCommand) -> Void) {
        bytes.append(UInt8(ascii: "$"))
        let length = bytes.count
        bytes.append(contentsOf: [0x30, 0x30, 0x0D, 0x0A])
        write(&self)
        let count = bytes.count - length - 4
        precondition((10...99).contains(count), "a word of \(count) bytes was written instead of one of 10 to 99")
        bytes[length] += UInt8(count / 10)
        bytes[length + 1] += UInt8(count % 10)
        endLine()
    }

    /// Writes a number in decimal digits.
    mutating func append(decimal number: Int64) {
        bytes.append(decimal: number)
    }

    /// Writes one byte.
    mutating func append(byte: UInt8) {
        bytes.append(byte)
    }

    private mutating func endLine() {
        bytes.append(0x0D)
        bytes.append(0x0A)
    }
}
