/// Texts made of `name=value` fields.
enum FieldText {
    /// The decoded values of the fields `name` in a query: `a=1&b=two%20words`, in their order.
    static func queryValues(of name: [UInt8], in query: Bytes) -> some Sequence<Bytes> {
        fields(of: query, separator: UInt8(ascii: "&")).lazy.compactMap { field in
            let (fieldName, value) = parted(field)
            return fieldName.percentDecoded(plusIsSpace: true).elementsEqual(name)
                ? value.percentDecoded(plusIsSpace: true) : nil
        }
    }

    /// The value of the first cookie `name` in a `Cookie` header: `a=1; b=2`, as it stands there.
    static func cookie(_ name: [UInt8], in header: Bytes) -> Bytes? {
        for field in fields(of: header, separator: UInt8(ascii: ";")) {
            let (fieldName, value) = parted(field.trimmed)
            if fieldName.elementsEqual(name) { return value }
        }
        return nil
    }

    private static func fields(of text: Bytes, separator: UInt8) -> some Sequence<Bytes> {
        var rest: Bytes? = text
        return AnyIterator {
            guard let current = rest else { return nil }
            let end = current.firstIndex(of: separator)
            rest = end.map { current[($0 + 1)...] }
            return current[..<(end ?? current.endIndex)]
        }
    }

    private static func parted(_ field: Bytes) -> (name: Bytes, value: Bytes) {
        let end = field.firstIndex(of: UInt8(ascii: "=")) ?? field.endIndex
        return (field[..<end], field[end...].dropFirst())
    }
}
