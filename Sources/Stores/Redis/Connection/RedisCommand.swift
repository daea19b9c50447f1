/// A command in the wire's own form (RESP): written as bytes, because Strings cost more than the rest of a request.
struct RedisCommand: ~Copyable {
    private(set) var bytes: [UInt8] = []

    /// A command of so many words, to be appended.
    init(wordCount: Int) {
        begin(wordCount: wordCount)
    }

    /// A command made of these words.
    init(_ words: [String]) {
        begin(wordCount: words.count)
        for word in words { append(Array(word.utf8)) }
    }

    /// Starts over, in the memory that there is.
    mutating func begin(wordCount: Int) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(UInt8(ascii: "*"))
        appendDigits(Int64(wordCount))
        endLine()
    }

    /// Appends one word of any bytes.
    mutating func append(_ word: [UInt8]) {
        bytes.append(UInt8(ascii: "$"))
        appendDigits(Int64(word.count))
        endLine()
        bytes.append(contentsOf: word)
        endLine()
    }

    /// Appends one word: a number that is not negative, in decimal digits.
    mutating func append(number: Int64) {
        var count: Int64 = 1
        var rest = number / 10
        while rest > 0 {
            count += 1
            rest /= 10
        }
        bytes.append(UInt8(ascii: "$"))
        appendDigits(count)
        endLine()
        appendDigits(number)
        endLine()
    }

    /// Appends one word that `write` writes, 10 to 99 bytes long: Redis takes no length with a leading zero.
    mutating func append(writing write: (inout RedisCommand) -> Void) {
        bytes.append(UInt8(ascii: "$"))
        let length = bytes.count
        bytes.append(contentsOf: [0x30, 0x30, 0x0D, 0x0A])
        write(&self)
        let count = bytes.count - length - 4
        precondition((10...99).contains(count), "a word of \(count) bytes was written where 10 to 99 were meant")
        bytes[length] += UInt8(count / 10)
        bytes[length + 1] += UInt8(count % 10)
        endLine()
    }

    /// Writes a number that is not negative in decimal digits.
    mutating func appendDigits(_ number: Int64) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = 20
        var rest = UInt64(number)
        repeat {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        for index in start..<20 { bytes.append(digits[index]) }
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
