/// The fields of a query, `a=1&b=two%20words`: read and written.
enum FormText {
    /// Names and decoded values.
    ///
    /// Of two with one name the first counts. What is torn stays as it is.
    static func fields(_ query: ArraySlice<UInt8>) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let name = decoded(pair[..<equals])
            if fields[name] == nil { fields[name] = decoded(pair[equals...].dropFirst()) }
        }
        return fields
    }

    /// The text of a query with these fields; those without a value are left out.
    static func query(_ fields: [(name: String, value: String?)]) -> String {
        fields.compactMap { field in field.value.map { "\(field.name)=\(encoded($0))" } }.joined(separator: "&")
    }

    /// The text with what `%` hides, and `+` as a space unless it is a path's.
    static func decoded(_ text: ArraySlice<UInt8>, plus: UInt8 = UInt8(ascii: " ")) -> String {
        var bytes: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: "+") {
                bytes.append(plus)
            } else if byte == UInt8(ascii: "%"), text.endIndex - index >= 2,
                let value = UInt8(String(decoding: text[index..<(index + 2)], as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                index += 2
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: "/"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default: encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}
