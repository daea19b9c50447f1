/// The verdict on the bytes that a connection has ready.
///
/// libfcgi reads blocking and trusts every length that a peer sends. So it never reads a connection. It gets the bytes of whole
/// and well-formed requests: a peer that sends half a request delays nobody, and one that sends garbage is closed before
/// anything parses it.
/// Source: FastCGI Specification 1.0, sections 3.3, 3.4 and 5.
enum RecordScan: Equatable {
    /// No request yet; more bytes may complete it.
    case incomplete
    /// Not the beginning of a request, whatever follows.
    case malformed(Fault)
    /// A request, complete at least up to the end of its variables.
    case request(role: Request.Role, body: Body)

    /// How much of a request's body is ready.
    enum Body: Equatable {
        /// All of it, and nothing after it.
        case ended
        /// Not all of it; it begins after `head` bytes.
        case unfinished(head: Int)
        /// An authorizer's request, which has none.
        case absent
        /// All of it, followed by padding or more bytes. Requests come one at a time, so the connection is then closed.
        case followed
    }

    /// Why the bytes are not a request; the raw value completes the log line "closed a connection that sent …".
    enum Fault: String {
        case version = "a record of another version than FastCGI 1"
        case sequence = "a record out of order"
        case role = "an unknown role"
        case parameters = "parameter lengths that exceed their record"
        case size = "more than 64 KiB of parameters"
        /// The specification allows it, but no web server sends it, and libfcgi would read it as the next header.
        case padding = "padding after a record that ends a part of the request"
    }

    /// The most bytes that a request may have up to the end of its variables.
    static let maximumHeadSize = 65_536

    /// Examines bytes that begin where a request is due.
    init(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        var role: Request.Role?
        var identifier: UInt16 = 0
        // One record nearly always holds all of them.
        var parameters: Range<Int>?
        var furtherParameters: [Range<Int>] = []
        var bodyStart: Int?

        while bytes.count - offset >= RecordHeader.size {
            let header = RecordHeader(bytes, at: offset)
            guard header.version == 1 else {
                self = .malformed(.version)
                return
            }
            let start = offset + RecordHeader.size
            let content = start..<(start + header.contentSize)
            let next = content.upperBound + header.paddingSize

            switch (header.kind, role) {
            case (.begin, nil) where header.identifier != 0 && content.count == 8:
                guard bytes.count >= content.upperBound else {
                    self = .incomplete
                    return
                }
                guard let named = Request.Role(rawValue: Int32(bytes[start]) << 8 | Int32(bytes[start + 1])) else {
                    self = .malformed(.role)
                    return
                }
                guard header.paddingSize == 0 else {
                    self = .malformed(.padding)
                    return
                }
                role = named
                identifier = header.identifier
            case (.parameters, _?) where header.identifier == identifier && bodyStart == nil:
                if !content.isEmpty {
                    if parameters == nil { parameters = content } else { furtherParameters.append(content) }
                } else {
                    guard Self.areWellFormed(parameters ?? 0..<0, furtherParameters, in: bytes) else {
                        self = .malformed(.parameters)
                        return
                    }
                    guard header.paddingSize == 0 else {
                        self = .malformed(.padding)
                        return
                    }
                    bodyStart = next
                }
            case (.input, let role?) where header.identifier == identifier && bodyStart != nil:
                if content.isEmpty, next <= bytes.count {
                    self = .request(
                        role: role, body: next == bytes.count && header.paddingSize == 0 ? .ended : .followed)
                    return
                }
            default:
                self = .malformed(.sequence)
                return
            }
            guard next <= bytes.count else { break }
            offset = next
        }

        if let bodyStart, let role {
            let isAbsent = role == .authorizer && bodyStart == bytes.count
            self = .request(role: role, body: isAbsent ? .absent : .unfinished(head: bodyStart))
        } else {
            self = bytes.count >= Self.maximumHeadSize ? .malformed(.size) : .incomplete
        }
    }

    /// Whether each name and value ends within the records that carry them.
    private static func areWellFormed(
        _ first: Range<Int>, _ others: [Range<Int>], in bytes: UnsafeRawBufferPointer
    ) -> Bool {
        if others.isEmpty { return areWellFormed(UnsafeRawBufferPointer(rebasing: bytes[first])) }
        let joined = ([first] + others).flatMap { bytes[$0] }
        return joined.withUnsafeBytes { areWellFormed($0) }
    }

    private static func areWellFormed(_ content: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        func length() -> Int? {
            guard offset < content.count else { return nil }
            let first = Int(content[offset])
            offset += 1
            guard first >= 0x80 else { return first }
            guard content.count - offset >= 3 else { return nil }
            defer { offset += 3 }
            return (first & 0x7F) << 24 | Int(content[offset]) << 16 | Int(content[offset + 1]) << 8
                | Int(content[offset + 2])
        }
        while offset < content.count {
            guard let name = length(), let value = length(), name + value <= content.count - offset else {
                return false
            }
            offset += name + value
        }
        return true
    }
}
