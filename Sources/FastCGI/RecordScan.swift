/// What lies in front of a connection: nothing is given to libfcgi before it is known to be whole and well formed.
///
/// libfcgi reads blocking and believes the lengths that it is told. So the bytes are looked at first, without taking them:
/// a peer that sends half a request holds up nobody, and one that sends garbage is closed before it is parsed.
/// Source: FastCGI Specification 1.0, sections 3.3, 3.4 and 5.
enum RecordScan: Equatable {
    /// The request may become whole when more comes.
    case incomplete
    /// It can never become a request; the connection is of no more use.
    case malformed(Fault)
    /// A request of this role is there up to the end of its variables.
    ///
    /// `body` tells how far its body is there, and whether something follows that belongs to no request.
    case request(role: Request.Role, body: Body)

    /// How far a request's body is there.
    enum Body: Equatable {
        /// It ends with the last byte that is there.
        case ended
        /// More is to come; it begins behind so many bytes.
        case unfinished(head: Int)
        /// There was none, and none will come: an authorizer's request has no body.
        case absent
        /// It has ended, and padding or further bytes follow. One request at a time is the rule, so the connection ends
        /// with it.
        case followed
    }

    /// Why it is no request.
    ///
    /// The raw value is the reason in the log.
    enum Fault: String {
        case version = "not FastCGI version 1"
        case sequence = "a record out of its order"
        case role = "an unknown role"
        case parameters = "parameter lengths that exceed their record"
        case size = "more than 64 KiB of parameters"
        /// Allowed by the specification and sent by no web server; libfcgi would take it for the next header.
        case padding = "padding behind a record that ends a part of the request"
    }

    /// The most bytes that a request may take up to the end of its variables.
    static let longestHead = 65_536

    /// Management records are not among them: no web server sends any, and libfcgi's answer to GET_VALUES overruns its
    /// buffer where a name comes more than three times.
    enum RecordType: UInt8 {
        case begin = 1
        case parameters = 4
        case body = 5
    }

    /// Looks at the bytes that a connection has ready.
    init(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        var role: Request.Role?
        var identifier: UInt16 = 0
        // Nearly always one record has them all.
        var parameters: Range<Int>?
        var furtherParameters: [Range<Int>] = []
        var bodyStart: Int?

        while true {
            guard bytes.count - offset >= 8 else { break }
            guard bytes[offset] == 1 else {
                self = .malformed(.version)
                return
            }
            let type = RecordType(rawValue: bytes[offset + 1])
            let record = UInt16(bytes[offset + 2]) << 8 | UInt16(bytes[offset + 3])
            let content = Int(bytes[offset + 4]) << 8 | Int(bytes[offset + 5])
            let start = offset + 8
            let padding = Int(bytes[offset + 6])
            let next = start + content + padding

            switch (type, role) {
            case (.begin, nil) where record != 0 && content == 8:
                guard bytes.count >= start + 8 else {
                    self = .incomplete
                    return
                }
                guard let named = Request.Role(rawValue: Int32(bytes[start]) << 8 | Int32(bytes[start + 1])) else {
                    self = .malformed(.role)
                    return
                }
                guard padding == 0 else {
                    self = .malformed(.padding)
                    return
                }
                role = named
                identifier = record
            case (.parameters, _?) where record == identifier && bodyStart == nil:
                if content > 0 {
                    let range = start..<(start + content)
                    if parameters == nil { parameters = range } else { furtherParameters.append(range) }
                } else {
                    guard Self.areWellFormed(parameters ?? 0..<0, furtherParameters, in: bytes) else {
                        self = .malformed(.parameters)
                        return
                    }
                    guard padding == 0 else {
                        self = .malformed(.padding)
                        return
                    }
                    bodyStart = next
                }
            case (.body, _?) where record == identifier && bodyStart != nil:
                if content == 0, next <= bytes.count, let role {
                    self = .request(role: role, body: next == bytes.count && padding == 0 ? .ended : .followed)
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
            self = bytes.count >= Self.longestHead ? .malformed(.size) : .incomplete
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
