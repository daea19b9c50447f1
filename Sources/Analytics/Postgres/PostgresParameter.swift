/// A value for `$1`, `$2`, … of a statement; PostgreSQL makes of it what the statement asks for.
///
/// It goes to the server beside the statement and never within it, so whatever a client sent stays a value.
public struct PostgresParameter: Sendable {
    /// As PostgreSQL reads it; `nil` is null.
    let text: [UInt8]?

    /// Null.
    public static let null = PostgresParameter(bytes: nil)

    private init(bytes: (some Sequence<UInt8>)?) {
        // PostgreSQL's text has no NUL, and libpq would end the value there.
        text = bytes.map { $0.filter { $0 != 0 } }
    }

    private init(bytes: [UInt8]?) {
        text = bytes
    }

    /// Text, a NUL in it left out; `nil` is null.
    public init(_ value: String?) {
        self.init(bytes: value?.utf8)
    }

    /// Text in UTF-8, such as JSON that was put together as bytes.
    public init(utf8 value: [UInt8]) {
        self.init(bytes: value.contains(0) ? value.filter { $0 != 0 } : value)
    }

    /// An integer.
    public init(_ value: some BinaryInteger) {
        self.init(String(value))
    }

    /// A number.
    public init(_ value: Double) {
        self.init(String(value))
    }

    /// A truth value.
    public init(_ value: Bool) {
        self.init(value ? "true" : "false")
    }

    /// An array of text, for `= any($1)` and `unnest($1::text[])`.
    public init(_ values: [String]) {
        let elements = values.map { value in
            // By scalars: a quote and a combining mark behind it are one character.
            "\"" + value.unicodeScalars.map { $0 == "\\" || $0 == "\"" ? "\\\($0)" : "\($0)" }.joined() + "\""
        }
        self.init("{" + elements.joined(separator: ",") + "}")
    }

    /// An array of integers.
    public init(_ values: [some BinaryInteger]) {
        self.init("{" + values.map { String($0) }.joined(separator: ",") + "}")
    }
}
