/// Writes JSON from front to back into bytes, with the commas.
///
/// Source: RFC 8259. Strings also escape `<`, `>` and `&`, so that no browser takes JSON for a page, and a page may contain
/// JSON.
public struct JSONWriter: Sendable {
    /// How a zero byte in a string is written.
    public enum NULHandling: Sendable {
        /// As `\u0000`.
        case escape
        /// Not at all, because PostgreSQL refuses zero bytes in text.
        case drop
    }

    /// What has been written.
    public private(set) var bytes: [UInt8] = []
    private let nulHandling: NULHandling

    /// A writer that has written nothing.
    public init(nul: NULHandling = .escape) {
        nulHandling = nul
    }

    // MARK: Values

    /// Appends an integer, or `null`.
    @inlinable
    public mutating func append(_ number: (some SignedInteger & FixedWidthInteger)?) {
        if let number { append(decimal: Int64(number)) } else { appendNull() }
    }

    @usableFromInline
    mutating func append(decimal number: Int64) {
        beginValue()
        bytes.append(decimal: number)
    }

    /// Appends a number: a whole one without a fraction, `null` for infinity and NaN.
    public mutating func append(_ number: Double) {
        if number.magnitude < 1e15, number == number.rounded() { return append(Int64(number)) }
        guard number.isFinite else { return appendNull() }
        beginValue()
        bytes.append(contentsOf: String(number).utf8)
    }

    /// Appends `true` or `false`.
    public mutating func append(_ flag: Bool) {
        beginValue()
        bytes.append(text: flag ? "true" : "false")
    }

    /// Appends a string, or `null`.
    public mutating func append(_ text: String?) {
        guard let text else { return appendNull() }
        appendString(text.utf8)
    }

    /// Appends bytes as a string, or `null`; invalid UTF-8 becomes U+FFFD.
    public mutating func append(utf8 text: ArraySlice<UInt8>?) {
        guard let text else { return appendNull() }
        if text.allSatisfy({ $0 < 0x80 }) {
            appendString(text)
        } else {
            appendString(String(decoding: text, as: UTF8.self).utf8)
        }
    }

    /// Appends `null`.
    public mutating func appendNull() {
        beginValue()
        bytes.append(text: "null")
    }

    /// Appends `[…]` around the values that `write` appends.
    public mutating func appendArray(_ write: (inout JSONWriter) -> Void) {
        beginValue()
        bytes.append(UInt8(ascii: "["))
        write(&self)
        bytes.append(UInt8(ascii: "]"))
    }

    /// Appends `[…]` around the value that `write` appends for each element.
    public mutating func appendArray<Element>(
        of elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void
    ) {
        appendArray { json in
            for element in elements { write(&json, element) }
        }
    }

    /// Appends `{…}` around the members that `write` appends.
    public mutating func appendObject(_ write: (inout JSONWriter) -> Void) {
        beginValue()
        bytes.append(UInt8(ascii: "{"))
        write(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Appends a line break after the last value.
    public mutating func endLine() {
        bytes.append(0x0A)
    }

    // MARK: Members of an object

    /// Appends a member's name; its value is appended next.
    public mutating func appendName(_ name: String) {
        appendString(name.utf8)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Appends a member whose value is an integer, or `null`.
    @inlinable
    public mutating func append(_ name: String, _ number: (some SignedInteger & FixedWidthInteger)?) {
        appendName(name)
        append(number)
    }

    /// Appends a member whose value is a string, or `null`.
    public mutating func append(_ name: String, _ text: String?) {
        appendName(name)
        append(text)
    }

    /// Appends a member whose value is an object.
    public mutating func appendObject(_ name: String, _ write: (inout JSONWriter) -> Void) {
        appendName(name)
        appendObject(write)
    }

    /// Appends a member whose value is an array with a value for each element.
    public mutating func appendArray<Element>(
        _ name: String, of elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void
    ) {
        appendName(name)
        appendArray(of: elements, write)
    }

    // MARK: Bytes

    /// Appends a comma if a value precedes; no value ends in one of these bytes.
    private mutating func beginValue() {
        switch bytes.last {
        case nil, UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ":"), 0x0A: break
        default: bytes.append(UInt8(ascii: ","))
        }
    }

    private mutating func appendString(_ utf8: some Sequence<UInt8>) {
        beginValue()
        bytes.append(UInt8(ascii: "\""))
        // Most strings have nothing to escape.
        let isCopied = utf8.withContiguousStorageIfAvailable { text in
            guard !text.contains(where: Self.isEscaped) else { return false }
            bytes.append(contentsOf: text)
            return true
        }
        if isCopied != true { appendEscaped(utf8) }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        switch byte {
        case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
            true
        default: false
        }
    }

    private mutating func appendEscaped(_ utf8: some Sequence<UInt8>) {
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0 where nulHandling == .drop: break
            case 0..<0x20, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
                bytes.append(text: "\\u00")
                bytes.append(hexadecimal: byte)
            default: bytes.append(byte)
            }
        }
    }
}
