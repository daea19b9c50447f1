/// The fields of a URL's query or of a form: `a=1&b=two%20words`.
///
/// Source: application/x-www-form-urlencoded of the URL Standard.
public struct URLQuery: Sequence {
    private let text: ArraySlice<UInt8>

    /// The fields in `text`, which lacks the leading `?`; they are decoded when they are asked for.
    public init(_ text: ArraySlice<UInt8>) {
        self.text = text
    }

    /// The text of a query with these fields; a field without a value is left out.
    public static func text(_ fields: [(name: String, value: String?)]) -> String {
        fields.compactMap { field in
            field.value.map { "\(field.name)=\(PercentEncoding.encoded($0, keeping: ":/"))" }
        }.joined(separator: "&")
    }

    /// The value of the first field with this name; `nil` if there is none.
    public func first(_ name: String.UTF8View) -> ArraySlice<UInt8>? {
        for field in self where field.name.elementsEqual(name) { return field.value }
        return nil
    }

    /// The fields as text; the first of several with the same name counts, and invalid UTF-8 becomes U+FFFD.
    public var dictionary: [String: String] {
        Dictionary(
            map { (String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// One field.
    public struct Field {
        let encodedName: ArraySlice<UInt8>
        let encodedValue: ArraySlice<UInt8>

        /// The decoded name, empty in `=1`.
        public var name: ArraySlice<UInt8> { PercentEncoding.decoded(encodedName, plusIsSpace: true) }
        /// The decoded value, empty in `a` and in `a=`.
        public var value: ArraySlice<UInt8> { PercentEncoding.decoded(encodedValue, plusIsSpace: true) }
    }

    /// Iterates over the fields in their order.
    public struct Iterator: IteratorProtocol {
        fileprivate var rest: ArraySlice<UInt8>

        /// The next field; `nil` after the last one.
        public mutating func next() -> Field? {
            rest = rest.drop { $0 == UInt8(ascii: "&") }
            guard !rest.isEmpty else { return nil }
            let field = rest.prefix { $0 != UInt8(ascii: "&") }
            rest = rest[field.endIndex...]
            let name = field.prefix { $0 != UInt8(ascii: "=") }
            return Field(encodedName: name, encodedValue: field[name.endIndex...].dropFirst())
        }
    }

    /// The fields in their order; empty ones, as in `a=1&&b=2`, are skipped.
    public func makeIterator() -> Iterator { Iterator(rest: text) }
}
