import TextFormats

/// Which paths a rule is for: `/api/data`, `/api/**`, `/users/*/orders`.
struct PathPattern: Hashable, Sendable {
    enum Segment: Hashable, Sendable {
        case text([UInt8])
        /// `*`: any one segment.
        case any
    }

    /// Why a text is no pattern.
    struct Mistake: Error {
        let text: String
    }

    let segments: [Segment]
    /// Whether `**` ends it: any further segments, or none.
    let isOpen: Bool

    /// The pattern of every path.
    static let everything = PathPattern(segments: [], isOpen: true)

    init(segments: [Segment], isOpen: Bool) {
        self.segments = segments
        self.isOpen = isOpen
    }

    init(_ text: String, spelling: PathSpelling) throws(Mistake) {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/") else {
            throw Mistake(text: "does not begin with a slash; write /\(text)")
        }
        guard !bytes.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) else {
            throw Mistake(text: "has a ? or #, which no path has; use query for parameters, %3F for the mark itself")
        }
        var parts = bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        // Paths are compared without the slash at their end.
        if parts.last?.isEmpty == true { parts.removeLast() }
        isOpen = parts.last?.elementsEqual("**".utf8) == true
        if isOpen { parts.removeLast() }
        var segments: [Segment] = []
        for part in parts { segments.append(try Self.segment(part, spelling)) }
        self.segments = segments
    }

    private static func segment(_ part: Bytes, _ spelling: PathSpelling) throws(Mistake) -> Segment {
        let star = UInt8(ascii: "*")
        if part.elementsEqual([star]) { return .any }
        if part.elementsEqual([star, star]) {
            throw Mistake(text: "has a ** inside; write it at the end, for the rest, or * for one segment")
        }
        guard !part.contains(star) else {
            throw Mistake(text: "has a * within a segment; use path_regex for a part of one, %2A for the mark itself")
        }
        let text = PercentEncoding.decoded(part)
        guard !text.isEmpty, !text.elementsEqual(".".utf8), !text.elementsEqual("..".utf8),
            !text.contains(UInt8(ascii: "/"))
        else {
            throw Mistake(text: "has a doubled slash, an encoded slash, . or .., which vanish from paths; leave it out")
        }
        guard !spelling.contains(.ignoresParameters) || !part.contains(UInt8(ascii: ";")) else {
            throw Mistake(text: "has a parameter, which ignore_in_paths takes from paths; leave out what ; begins")
        }
        return .text(spelling.contains(.ignoresCase) ? text.map { lowercased($0) } : Array(text))
    }

    /// Whether each path of `other` is one of this pattern's.
    func covers(_ other: PathPattern) -> Bool {
        guard isOpen ? segments.count <= other.segments.count : segments.count == other.segments.count && !other.isOpen
        else { return false }
        return zip(segments, other.segments).allSatisfy { $0 == .any || $0 == $1 }
    }
}
