import Glibc

/// Sends an answer as FastCGI records without ever waiting for the peer; a short answer takes one system call.
///
/// Source: FastCGI Specification 1.0, sections 3.3, 5.3 and 5.5.
struct AnswerWriter {
    /// How far sending has come.
    enum Progress {
        /// The peer has all of the answer.
        case finished
        /// The socket is full: the rest can be sent when it is writable again.
        case blocked
        /// The connection is broken.
        case failed
    }

    /// A buffer that grew beyond this many bytes for a long answer is not kept for the next one.
    private static let maximumKeptCapacity = 1 << 20

    private var bytes: [UInt8] = []
    private var sentCount = 0

    /// Bytes that the peer has not yet taken.
    var unsentCount: Int { bytes.count - sentCount }

    /// Takes an answer to be sent: its output, the end of the output, and the end of the request.
    mutating func begin(_ response: Response, request identifier: UInt16) {
        if bytes.capacity > Self.maximumKeptCapacity { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
        sentCount = 0
        let body = response.sendsBody ? response.body : []
        var unwritten = response.head.count + Response.headEnd.count + body.count
        let recordCount = unwritten / RecordHeader.maximumContentSize + 4
        bytes.reserveCapacity(unwritten + recordCount * RecordHeader.size)
        // Bytes that the current record still lacks.
        var room = 0
        func put(_ part: [UInt8]) {
            var rest = part[...]
            while !rest.isEmpty {
                if room == 0 {
                    room = min(unwritten, RecordHeader.maximumContentSize)
                    unwritten -= room
                    RecordHeader(.output, request: identifier, contentSize: room).append(to: &bytes)
                }
                let piece = rest.prefix(room)
                bytes.append(contentsOf: piece)
                room -= piece.count
                rest = rest.dropFirst(piece.count)
            }
        }
        put(response.head)
        put(Response.headEnd)
        put(body)
        RecordHeader(.output, request: identifier, contentSize: 0).append(to: &bytes)
        RecordHeader(.end, request: identifier, contentSize: 8).append(to: &bytes)
        // Exit status 0 and protocol status FCGI_REQUEST_COMPLETE.
        bytes.append(contentsOf: repeatElement(0, count: 8))
    }

    /// Sends as much of the rest as the socket takes (`send`).
    mutating func send(to descriptor: Int32) -> Progress {
        while sentCount < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(
                    descriptor, bytes.baseAddress.map { $0 + sentCount }, bytes.count - sentCount,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count > 0 {
                sentCount += count
            } else if count < 0, errno == EAGAIN {
                return .blocked
            } else if count == 0 || errno != EINTR {
                return .failed
            }
        }
        return .finished
    }
}
