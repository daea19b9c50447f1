/// A value for `$1`, `$2`, … of a statement.
///
/// PostgreSQL converts it to the type that the statement expects. Values are sent apart from the statement, so nothing that a
/// client sent can become SQL.
public struct PostgresParameter: Sendable {
    /// The value's text form in PostgreSQL; `nil` is null.
    let text: [UInt8]?

    /// Null.
    public static let null = PostgresParameter(nil as String?)

    /// Text without its NULs, at which libpq would end the value; `nil` is null.
    public init(_ value: String?) {
        text = value?.utf8.filter { $0 != 0 }
    }

    /// Text given in UTF-8, without its NULs.
    public init(utf8 value: [UInt8]) {
        text = value.contains(0) ? value.filter { $0 != 0 } : value
    }

    /// An integer.
    public init(_ value: some BinaryInteger) {
        self.init(String(value))
    }

    /// A number.
    public init(_ value: Double) {
        self.init(String(value))
    }

    /// An array of text, for `= any($1)` and `unnest($1::text[])`.
    public init(_ values: [String]) {
        let elements = values.map { value in
            // By scalars, because a quote followed by a combining mark is one character.
            "\"" + value.unicodeScalars.map { $0 == "\\" || $0 == "\"" ? "\\\($0)" : "\($0)" }.joined() + "\""
        }
        self.init("{" + elements.joined(separator: ",") + "}")
    }

    /// An array of integers.
    public init(_ values: [some BinaryInteger]) {
        self.init("{" + values.map { String($0) }.joined(separator: ",") + "}")
    }
}
