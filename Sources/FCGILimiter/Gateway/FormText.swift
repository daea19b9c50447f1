import FastCGI

/// The text of a query: `a=1&b=two%20words`.
enum FormText {
    /// The decoded value of the first field `name`; empty where there is none.
    ///
    /// What is torn stays as it is.
    static func value(of name: StaticString, in query: ArraySlice<UInt8>) -> [UInt8] {
        var start = query.startIndex
        while start < query.endIndex {
            let end = query[start...].firstIndex(of: UInt8(ascii: "&")) ?? query.endIndex
            let equals = query[start..<end].firstIndex(of: UInt8(ascii: "=")) ?? end
            if query[start..<equals].elementsEqual(name.bytes) { return decoded(query[equals..<end].dropFirst()) }
            start = min(end + 1, query.endIndex)
        }
        return []
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: "+") {
                bytes.append(UInt8(ascii: " "))
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

extension [UInt8] {
    /// Appends text as a JSON string; bytes that are no UTF-8 become U+FFFD.
    mutating func append(jsonString text: [UInt8]) {
        append(UInt8(ascii: "\""))
        let isASCII = text.allSatisfy { $0 < 0x80 }
        for byte in isASCII ? text : Array(String(decoding: text, as: UTF8.self).utf8) {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0..<0x20, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
                // Escaped also where JSON does not ask for it, so that no client takes the answer for a page.
                append(text: "\\u00")
                append(hexDigit: byte >> 4)
                append(hexDigit: byte & 15)
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(hexDigit value: UInt8) {
        append(value < 10 ? 0x30 + value : 0x61 + value - 10)
    }
}
