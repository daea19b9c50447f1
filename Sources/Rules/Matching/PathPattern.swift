import TextFormats

/// The paths that a rule matches: `/api/data`, `/api/**`, `/users/*/orders`.
struct PathPattern: Hashable, Sendable {
    enum Segment: Hashable, Sendable {
        case text([UInt8])
        /// `*`, which matches any one segment.
        case any
    }

    let segments: [Segment]
    /// Whether any number of further segments may follow, including none: after `**`, and after the name of a script.
    let includesDescendants: Bool

    /// The pattern that matches every path.
    static let everything = PathPattern(segments: [], includesDescendants: true)

    init(segments: [Segment], includesDescendants: Bool) {
        self.segments = segments
        self.includesDescendants = includesDescendants
    }

    init(_ text: String, _ normalization: PathNormalization) throws(ParseError) {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/") else {
            throw ParseError("does not begin with a slash; write /\(text)")
        }
        guard !bytes.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) else {
            throw ParseError(
                "contains ? or #, which cannot be in a path; match parameters by query, write %3F for a literal ?")
        }
        var parts = bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        // Normalized paths have no trailing slash.
        if parts.last?.isEmpty == true { parts.removeLast() }
        let endsInStars = parts.last?.elementsEqual("**".utf8) == true
        if endsInStars { parts.removeLast() }
        var segments: [Segment] = []
        for part in parts { segments.append(try Self.segment(part, normalization)) }
        self.segments = segments
        includesDescendants = endsInStars || Self.isScript(segments.last)
    }

    /// Whether the pattern ends in the name of a script: `/wp-login.php`.
    ///
    /// A web server runs the script for `/wp-login.php/anything`, too, and passes it the rest as `PATH_INFO`.
    var isScript: Bool { Self.isScript(segments.last) }

    private static func isScript(_ segment: Segment?) -> Bool {
        guard case .text(let name) = segment else { return false }
        return [".php", ".cgi", ".fcgi", ".pl", ".py"].contains { name.suffix($0.utf8.count).elementsEqual($0.utf8) }
    }

    private static func segment(_ part: Bytes, _ normalization: PathNormalization) throws(ParseError) -> Segment {
        let star = UInt8(ascii: "*")
        if part.elementsEqual([star]) { return .any }
        if part.elementsEqual([star, star]) {
            throw ParseError("contains **, which may only be at the end; write * for one segment")
        }
        guard !part.contains(star) else {
            throw ParseError("has a * within a segment; use path_regex to match part of one, write %2A for a literal *")
        }
        let text = PercentEncoding.decoded(part)
        guard !text.isEmpty, !text.elementsEqual(".".utf8), !text.elementsEqual("..".utf8),
            !text.contains(UInt8(ascii: "/"))
        else {
            throw ParseError(
                "has an empty segment, an encoded slash, . or .., which normalized paths lack; leave it out")
        }
        guard !normalization.contains(.ignoresParameters) || !part.contains(UInt8(ascii: ";")) else {
            throw ParseError(
                "has a parameter, which ignore_in_paths removes from paths; leave out the ; and what follows")
        }
        let name = normalization.contains(.ignoresCase) ? text.map { lowercased($0) } : Array(text)
        guard !normalization.contains(.ignoresIndexPHP) || name != RequestPath.indexPHP else {
            throw ParseError("has index.php, which ignore_in_paths removes from paths; leave it out")
        }
        return .text(name)
    }

    /// Whether this pattern matches every path that `other` matches.
    func covers(_ other: PathPattern) -> Bool {
        guard
            includesDescendants
                ? segments.count <= other.segments.count
                : segments.count == other.segments.count && !other.includesDescendants
        else { return false }
        return zip(segments, other.segments).allSatisfy { $0 == .any || $0 == $1 }
    }
}
