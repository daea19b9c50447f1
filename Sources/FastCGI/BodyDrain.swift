/// A body that nobody reads, on its way: how far its records have come.
struct BodyDrain {
    /// Where skipping has led.
    enum Progress {
        /// More is to come.
        case unfinished
        /// The body ended behind so many of the bytes; the next one begins a request.
        case ended(count: Int)
        /// What came is no body.
        case malformed
    }

    private var header: [UInt8] = []
    /// What is still to skip of the record whose header was last.
    private var rest = 0
    private var isAtEnd = false

    /// Skips bytes that have come.
    mutating func skip(_ bytes: UnsafeRawBufferPointer) -> Progress {
        var offset = 0
        while true {
            let count = min(rest, bytes.count - offset)
            offset += count
            rest -= count
            if rest > 0 { return .unfinished }
            if isAtEnd { return .ended(count: offset) }
            if offset == bytes.count { return .unfinished }
            header.append(bytes[offset])
            offset += 1
            guard header.count == 8 else { continue }
            guard header[0] == 1, header[1] == RecordScan.RecordType.body.rawValue else { return .malformed }
            let content = Int(header[4]) << 8 | Int(header[5])
            rest = content + Int(header[6])
            isAtEnd = content == 0
            header.removeAll(keepingCapacity: true)
        }
    }
}
