/// Skips a request's body that nobody reads, as its bytes arrive.
struct BodyDrain {
    /// What the skipped bytes were.
    enum Progress: Equatable {
        /// The body continues after them.
        case unfinished
        /// The body ended after `count` of them; the next byte begins another request.
        case ended(count: Int)
        /// They are not a body.
        case malformed
    }

    /// The part of the current header that has arrived, and its size in bytes.
    private var headerBits: UInt64 = 0
    private var headerCount = 0
    /// Bytes left of the record whose header arrived last.
    private var remaining = 0
    private var isLastRecord = false

    /// Skips bytes that have arrived.
    mutating func skip(_ bytes: UnsafeRawBufferPointer) -> Progress {
        var offset = 0
        while true {
            let count = min(remaining, bytes.count - offset)
            offset += count
            remaining -= count
            if remaining > 0 { return .unfinished }
            if isLastRecord { return .ended(count: offset) }
            if offset == bytes.count { return .unfinished }
            headerBits = headerBits << 8 | UInt64(bytes[offset])
            headerCount += 1
            offset += 1
            guard headerCount == RecordHeader.size else { continue }
            headerCount = 0
            let header = RecordHeader(bits: headerBits)
            guard header.version == 1, header.kind == .input else { return .malformed }
            remaining = header.contentSize + header.paddingSize
            isLastRecord = header.contentSize == 0
        }
    }
}
