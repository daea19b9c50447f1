import TextFormats

/// The differences between paths that a site ignores.
struct PathNormalization: OptionSet, Sendable {
    let rawValue: UInt8
    /// ASCII capitals and small letters are equal.
    static let ignoresCase = PathNormalization(rawValue: 1)
    /// `;name=value` after a segment is dropped, as Java servers do.
    static let ignoresParameters = PathNormalization(rawValue: 2)
    /// `/index.php/api/data` is `/api/data`, as PHP applications with a front controller read it.
    static let ignoresIndexPHP = PathNormalization(rawValue: 4)
}

/// A path in the normal form in which rules compare it, so that a path has one spelling.
///
/// Percent-encoding is decoded once, including `%2F`. Then empty segments (doubled and trailing slashes) and `.` are
/// removed, and `..` removes the segment before it, if any. So `/api//data`, `/api/%64ata`, `/api/./data/` and
/// `/x/..%2Fapi/data` are all `/api/data`. Everything else stays: case counts, bytes need not be UTF-8, an overlong `/`
/// (`C0 AF`) is not a slash, a zero byte is an ordinary byte, and a `%` that does not begin an encoding is a `%`.
struct RequestPath {
    /// Begins with a slash and does not end with one, except for `/` itself.
    let bytes: Bytes

    /// The segment that ``PathNormalization/ignoresIndexPHP`` removes.
    static let indexPHP = Array("index.php".utf8)

    /// Normalizes a path without its query, as the client sent it.
    init(_ path: Bytes, _ normalization: PathNormalization = []) {
        bytes = Self.isNormal(path, normalization) ? path : Self.normalized(path, normalization)
    }

    private static func isNormal(_ path: Bytes, _ normalization: PathNormalization) -> Bool {
        path.withUnsafeBufferPointer { path in
            var isAfterSlash = false
            for byte in path {
                switch byte {
                case UInt8(ascii: "%"): return false
                case UInt8(ascii: "/") where isAfterSlash, UInt8(ascii: ".") where isAfterSlash: return false
                case UInt8(ascii: ";") where normalization.contains(.ignoresParameters): return false
                case 0x41...0x5A where normalization.contains(.ignoresCase): return false
                case UInt8(ascii: "i") where isAfterSlash && normalization.contains(.ignoresIndexPHP): return false
                default: break
                }
                isAfterSlash = byte == UInt8(ascii: "/")
            }
            return path.first == UInt8(ascii: "/") && (!isAfterSlash || path.count == 1)
        }
    }

    private static func normalized(_ path: Bytes, _ normalization: PathNormalization) -> Bytes {
        let raw = normalization.contains(.ignoresParameters) ? withoutParameters(path) : path
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
        if normalization.contains(.ignoresCase) { bytes = bytes.map { lowercased($0) } }
        if normalization.contains(.ignoresIndexPHP) { bytes = withoutIndexPHP(bytes) }
        if bytes.isEmpty { bytes.append(slash) }
        return bytes[...]
    }

    /// Runs after dots are resolved, because `..` removes an `index.php` like any other segment.
    private static func withoutIndexPHP(_ path: [UInt8]) -> [UInt8] {
        path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(indexPHP) }
            .flatMap { [UInt8(ascii: "/")] + $0 }
    }

    /// Runs before decoding, because an encoded `;` does not begin a parameter.
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
