/// Why a rules file cannot be used: the first mistake in it.
///
///     limits.yaml:7: rules[0].match.method "FETCH": is no HTTP method; write GET, HEAD, POST, …
public struct RulesError: Error, Hashable, CustomStringConvertible {
    /// Where the mistake is.
    public let place: RulesPlace
    /// The text that is wrong; `nil` where something is missing or of the wrong kind.
    public let value: String?
    /// What is wrong, and what to write instead.
    public let message: String

    /// One line: place, value, message.
    public var description: String { place.line(value, message) }
}

/// What works in a rules file and is probably not meant.
public struct RulesWarning: Sendable, Hashable, CustomStringConvertible {
    /// Where it is.
    public let place: RulesPlace
    /// The text that it is about; `nil` where it is about something larger.
    public let value: String?
    /// What follows from it, and what to write instead.
    public let message: String

    /// One line: place, value, message.
    public var description: String { place.line(value, message) }
}

/// A place in a rules file or in the file of keys that it names.
public struct RulesPlace: Sendable, Hashable {
    /// The file as it was named.
    public let file: String
    /// From 1; `nil` where the file could not be read.
    public let line: Int?
    /// The way to it from the top of the document: `rules[0].match.method`; empty at the top.
    public let path: String

    fileprivate func line(_ value: String?, _ message: String) -> String {
        var text = file + (line.map { ":\($0)" } ?? "") + ":"
        if !path.isEmpty { text += " " + path }
        if let value { text += " \"" + Self.printable(value) + "\"" }
        return text + (path.isEmpty && value == nil ? " " : ": ") + message
    }

    /// What a line can show of a value: no control characters, at most 80 characters.
    private static func printable(_ value: String) -> String {
        let shown = value.unicodeScalars.prefix(80).map { scalar in
            scalar.value < 0x20 || scalar.value == 0x7F ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        return shown.joined() + (value.unicodeScalars.count > 80 ? "…" : "")
    }
}
