/// The 8 bytes that every FastCGI record begins with.
///
/// Source: FastCGI Specification 1.0, sections 3.3 and 8.
struct RecordHeader: Equatable {
    /// What a record carries.
    ///
    /// Management records are missing: no web server sends any, and libfcgi's answer to GET_VALUES overruns its buffer if a
    /// name comes more than three times.
    enum Kind: UInt8 {
        case begin = 1
        case end = 3
        case parameters = 4
        case input = 5
        case output = 6
    }

    /// The size of a header in bytes.
    static let size = 8
    /// The most content that a record can have, in bytes.
    static let maximumContentSize = 65_535

    /// The header as a big-endian number: version, kind, identifier (2 bytes), content size (2), padding size, reserved.
    private let bits: UInt64

    /// The header of a record with 0 to ``maximumContentSize`` bytes of content and no padding.
    init(_ kind: Kind, request identifier: UInt16, contentSize: Int) {
        bits = 1 << 56 | UInt64(kind.rawValue) << 48 | UInt64(identifier) << 32 | UInt64(UInt16(contentSize)) << 16
    }

    /// The header whose bytes, read as a big-endian number, are `bits`; any value is one.
    init(bits: UInt64) {
        self.bits = bits
    }

    /// The header at `offset`, where at least ``size`` bytes follow.
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        bits = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The version of the protocol; 1 is the only one.
    var version: UInt8 { UInt8(truncatingIfNeeded: bits >> 56) }
    /// What the record carries; `nil` for a kind that no web server sends.
    var kind: Kind? { Kind(rawValue: UInt8(truncatingIfNeeded: bits >> 48)) }
    /// The number that the web server gave the request.
    var identifier: UInt16 { UInt16(truncatingIfNeeded: bits >> 32) }
    /// Bytes of content, 0 to 65,535.
    var contentSize: Int { Int(UInt16(truncatingIfNeeded: bits >> 16)) }
    /// Bytes to skip after the content, 0 to 255.
    var paddingSize: Int { Int(UInt8(truncatingIfNeeded: bits >> 8)) }

    /// Appends the header to `bytes`.
    func append(to bytes: inout [UInt8]) {
        withUnsafeBytes(of: bits.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
