import Glibc

/// Sends answers: each as the records of its request's output and end, by one system call unless it is long.
///
/// Source: FastCGI Specification 1.0, sections 3.3, 5.3 and 5.5.
struct AnswerWriter {
    private enum RecordType: UInt8 {
        case end = 3
        case output = 6
    }

    private static let headerSize = 8
    private static let longestContent = 65_535

    /// What is to be sent next, from an output record on; its room serves all answers.
    private var bytes: [UInt8] = []
    private var isBroken = false

    /// Sends the answer, and says that the request has ended.
    ///
    /// - Returns: whether the peer has taken all of it.
    mutating func send(_ response: Response, to exchange: Exchange) -> Bool {
        isBroken = false
        beginRecord(.output, exchange)
        put(response.head, to: exchange)
        put(Response.headEnd, to: exchange)
        if response.sendsBody { put(response.body, to: exchange) }
        endRecord()
        // The stream ends by an empty record, and the request by one that says that all went well.
        beginRecord(.output, exchange)
        beginRecord(.end, exchange, contentSize: 8)
        bytes.append(contentsOf: repeatElement(0, count: 8))
        flush(to: exchange.connection)
        return !isBroken
    }

    private mutating func put(_ content: [UInt8], to exchange: Exchange) {
        var rest = content[...]
        while true {
            let room = Self.headerSize + Self.longestContent - bytes.count
            bytes.append(contentsOf: rest.prefix(room))
            rest = rest.dropFirst(room)
            guard !rest.isEmpty else { return }
            endRecord()
            flush(to: exchange.connection)
            beginRecord(.output, exchange)
        }
    }

    private mutating func beginRecord(_ type: RecordType, _ exchange: Exchange, contentSize: UInt8 = 0) {
        let header: InlineArray<8, UInt8> = [
            1, type.rawValue, UInt8(exchange.identifier >> 8), UInt8(truncatingIfNeeded: exchange.identifier),
            0, contentSize, 0, 0,
        ]
        bytes.append(header.span)
    }

    /// Writes the size of the record that `bytes` begins with.
    private mutating func endRecord() {
        let size = bytes.count - Self.headerSize
        bytes[4] = UInt8(size >> 8)
        bytes[5] = UInt8(truncatingIfNeeded: size)
    }

    private mutating func flush(to connection: Int32) {
        var sent = 0
        while sent < bytes.count, !isBroken {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(connection, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 { sent += count } else if count == 0 || errno != EINTR { isBroken = true }
        }
        bytes.removeAll(keepingCapacity: true)
    }
}
