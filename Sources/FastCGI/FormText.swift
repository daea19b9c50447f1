/// The fields of a query or a form: `a=1&b=two%20words`.
///
/// Source: application/x-www-form-urlencoded of the URL Standard. What is torn stays as it is.
public enum FormText {
    /// The decoded value of the first field `name`; empty where there is none.
    public static func value(of name: String, in query: ArraySlice<UInt8>) -> [UInt8] {
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            if pair[..<equals].elementsEqual(name.utf8) { return decoded(pair[equals...].dropFirst()) }
        }
        return []
    }

    /// Names and decoded values; of two with one name the first counts.
    public static func fields(_ query: ArraySlice<UInt8>) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let name = String(decoding: decoded(pair[..<equals]), as: UTF8.self)
            if fields[name] == nil {
                fields[name] = String(decoding: decoded(pair[equals...].dropFirst()), as: UTF8.self)
            }
        }
        return fields
    }

    /// The bytes that `%` hides, and `+` as a space unless it is a path's.
    public static func decoded(_ text: ArraySlice<UInt8>, plus: UInt8 = UInt8(ascii: " ")) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: "+") {
                bytes.append(plus)
            } else if byte == UInt8(ascii: "%"), text.endIndex - index >= 2,
                let high = hexValue(text[index]), let low = hexValue(text[index + 1])
            {
                bytes.append(high << 4 | low)
                index += 2
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
