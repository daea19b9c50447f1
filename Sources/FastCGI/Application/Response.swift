import TextFormats

/// The answer to a request: a status, headers and a body.
public struct Response: Sendable {
    /// The status code.
    public let status: Int
    /// The headers as they are sent, each with its line break.
    private(set) var head: [UInt8]
    /// The empty line after the headers.
    static let headEnd = Array("\r\n".utf8)
    /// The body; the headers give its length.
    public let body: [UInt8]
    /// Whether the body is sent; not in answer to HEAD.
    public var sendsBody = true
    /// What the application remembers about a request that it puts off; `nil` for an answer.
    private(set) var ticket: Int?

    /// A response whose only header is `Content-Length`.
    ///
    /// - Parameters:
    ///   - status: a code from 200 to 599.
    ///   - reason: the text after the code, for example `Too Many Requests`.
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

    /// No answer yet: the event loop goes on, and asks again within a millisecond or so.
    ///
    /// - Parameter ticket: the ``Request/ticket`` of the request when it is asked again.
    /// - Returns: what takes the place of a response.
    public static func postponed(_ ticket: Int) -> Response {
        var response = Response(status: 503, reason: "Service Unavailable")
        response.ticket = ticket
        return response
    }

    /// Adds a header whose value is known at build time.
    public mutating func addHeader(_ name: StaticString, _ value: StaticString) {
        beginLine(name)
        head.append(text: value)
        endLine()
    }

    /// Adds a header whose value is an integer.
    public mutating func addHeader(_ name: StaticString, decimal value: Int64) {
        beginLine(name)
        head.append(decimal: value)
        endLine()
    }

    /// Adds a header whose value `write` appends to the bytes it is given.
    ///
    /// Line breaks and other control bytes in the value are replaced by spaces.
    public mutating func addHeader(_ name: StaticString, writing write: (inout [UInt8]) -> Void) {
        beginLine(name)
        let start = head.count
        write(&head)
        for index in start..<head.count where head[index] < 0x20 || head[index] == 0x7F {
            head[index] = UInt8(ascii: " ")
        }
        endLine()
    }

    private mutating func beginLine(_ name: StaticString) {
        head.append(text: name)
        head.append(UInt8(ascii: ":"))
        head.append(UInt8(ascii: " "))
    }

    private mutating func endLine() {
        head.append(0x0D)
        head.append(0x0A)
    }
}
