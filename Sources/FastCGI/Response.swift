/// One answer: a status, headers and a body.
public struct Response: Sendable {
    /// The status code.
    public let status: Int
    /// The headers as they go out, each line ended.
    private(set) var head: [UInt8]
    /// What ends the headers.
    static let headEnd = Array("\r\n".utf8)
    /// The body; its length is among the headers.
    public let body: [UInt8]
    /// Whether the body itself is sent: not in answer to HEAD.
    public var sendsBody = true

    /// An answer without headers.
    ///
    /// - Parameters:
    ///   - status: a code from 200 to 599.
    ///   - reason: the words behind it, `Too Many Requests`.
    ///   - body: any bytes.
    public init(status: Int, reason: StaticString, body: [UInt8] = []) {
        self.status = status
        self.body = body
        head = []
        head.reserveCapacity(640)
        head.append(text: "Status: ")
        head.append(decimal: Int64(status))
        head.append(UInt8(ascii: " "))
        head.append(text: reason)
        endLine()
        addHeader("Content-Length", decimal: Int64(body.count))
    }

    /// Adds a header whose value is known when the program is built.
    public mutating func addHeader(_ name: StaticString, _ value: StaticString) {
        head.append(text: name)
        head.append(text: ": ")
        head.append(text: value)
        endLine()
    }

    /// Adds a header whose value is an integer.
    public mutating func addHeader(_ name: StaticString, decimal value: Int64) {
        head.append(text: name)
        head.append(text: ": ")
        head.append(decimal: value)
        endLine()
    }

    /// Adds a header whose value `write` appends to the bytes it is given.
    ///
    /// A line break or another control byte in the value goes out as a space.
    public mutating func addHeader(_ name: StaticString, writing write: (inout [UInt8]) -> Void) {
        head.append(text: name)
        head.append(text: ": ")
        let start = head.count
        write(&head)
        for index in start..<head.count where head[index] < 0x20 || head[index] == 0x7F {
            head[index] = UInt8(ascii: " ")
        }
        endLine()
    }

    private mutating func endLine() {
        head.append(0x0D)
        head.append(0x0A)
    }
}

extension [UInt8] {
    /// Appends text that is known when the program is built.
    public mutating func append(text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends bytes that lie anywhere.
    mutating func append(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
    }

    /// Appends an integer in decimal digits.
    public mutating func append(decimal number: Int64) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = 20
        var rest = number.magnitude
        repeat {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        if number < 0 { append(UInt8(ascii: "-")) }
        append(digits.span.extracting(start...))
    }
}
