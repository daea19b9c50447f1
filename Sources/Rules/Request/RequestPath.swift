import TextFormats

/// What of a path's spelling a site does not care about.
struct PathSpelling: OptionSet, Sendable {
    let rawValue: UInt8
    /// ASCII capitals and small letters are the same.
    static let ignoresCase = PathSpelling(rawValue: 1)
    /// `;name=value` behind a segment says nothing, as for Java servers.
    static let ignoresParameters = PathSpelling(rawValue: 2)
}

/// A path as rules compare it: every spelling of one path is the same bytes.
///
/// Percent-encoding is decoded once, `%2F` to a slash too; then empty segments (doubled and trailing slashes) and `.`
/// vanish and `..` takes the segment before it away, never more than there are. So `/api//data`, `/api/%64ata`,
/// `/api/./data/` and `/x/..%2Fapi/data` are `/api/data`. All else stays as it is: letters differ from capitals, bytes
/// need not be UTF-8 and an overlong `/` (`C0 AF`) is none, a zero byte is a byte like others, and what `%` begins that
/// is no encoding stands for itself.
struct RequestPath {
    /// Begins with a slash, and has no other at its end: `/api/data`, `/`.
    let bytes: Bytes

    /// - Parameters:
    ///   - path: without a query, as the client sent it.
    ///   - spelling: what is ignored.
    init(_ path: Bytes, spelling: PathSpelling = []) {
        bytes = Self.isPlain(path, spelling) ? path : Self.normalized(path, spelling)
    }

    private static func isPlain(_ path: Bytes, _ spelling: PathSpelling) -> Bool {
        path.withUnsafeBufferPointer { path in
            var isAfterSlash = false
            for byte in path {
                switch byte {
                case UInt8(ascii: "%"): return false
                case UInt8(ascii: "/") where isAfterSlash, UInt8(ascii: ".") where isAfterSlash: return false
                case UInt8(ascii: ";") where spelling.contains(.ignoresParameters): return false
                case 0x41...0x5A where spelling.contains(.ignoresCase): return false
                default: break
                }
                isAfterSlash = byte == UInt8(ascii: "/")
            }
            return path.first == UInt8(ascii: "/") && (!isAfterSlash || path.count == 1)
        }
    }

    private static func normalized(_ path: Bytes, _ spelling: PathSpelling) -> Bytes {
        let raw = spelling.contains(.ignoresParameters) ? withoutParameters(path) : path
        let slash = UInt8(ascii: "/")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.count + 1)
        for segment in PercentEncoding.decoded(raw).split(separator: slash) {
            if segment.elementsEqual(".".utf8) { continue }
            if segment.elementsEqual("..".utf8) {
                while let last = bytes.popLast(), last != slash {}
            } else {
                bytes.append(slash)
                bytes.append(contentsOf: segment)
            }
        }
        if bytes.isEmpty { bytes.append(slash) }
        if spelling.contains(.ignoresCase) { bytes = bytes.map { lowercased($0) } }
        return bytes[...]
    }

    /// Cut before decoding: an encoded `;` begins no parameter.
    private static func withoutParameters(_ path: Bytes) -> Bytes {
        var isParameter = false
        let rest = path.filter { byte in
            if byte == UInt8(ascii: "/") { isParameter = false }
            if byte == UInt8(ascii: ";") { isParameter = true }
            return !isParameter
        }
        return rest[...]
    }
}
