/// Why a rules file cannot be used: the first mistake in it.
///
///     limits.yaml:7: rules[0].match.method: "FETCH" is not an HTTP method; write GET, HEAD, POST, …
public struct RulesError: Error, Hashable, CustomStringConvertible {
    /// Where the mistake is.
    public let location: RulesLocation
    /// The text that is wrong; `nil` if something is missing or of the wrong kind.
    public let value: String?
    /// What is wrong, and what to write instead.
    public let message: String

    /// One line: location, value and message.
    public var description: String { location.line(value, message) }
}

/// Something in a rules file that works but is probably not intended.
public struct RulesWarning: Sendable, Hashable, CustomStringConvertible {
    /// What the warning is about.
    public let location: RulesLocation
    /// The text that the warning is about; `nil` if it is about something larger.
    public let value: String?
    /// The consequence, and what to write instead.
    public let message: String

    /// One line: location, value and message.
    public var description: String { location.line(value, message) }
}

/// A location in a rules file or in the key file that it names.
public struct RulesLocation: Sendable, Hashable {
    /// The file, as it was named.
    public let file: String
    /// The line, from 1; `nil` if the file could not be read.
    public let line: Int?
    /// The path from the top of the document: `rules[0].match.method`; empty for the document itself.
    public let path: String

    fileprivate func line(_ value: String?, _ message: String) -> String {
        var text = file + (line.map { ":\($0)" } ?? "") + ": " + path
        if let value { text += (path.isEmpty ? "" : ": ") + "\"\(Self.printable(value))\"" }
        return text + (path.isEmpty && value == nil ? "" : " ") + message
    }

    /// What a line can show of a value: at most 80 characters, control characters escaped.
    private static func printable(_ value: String) -> String {
        let shown = value.unicodeScalars.prefix(80).map { scalar in
            scalar.value < 0x20 || scalar.value == 0x7F ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        return shown.joined() + (value.unicodeScalars.count > 80 ? "…" : "")
    }
}
