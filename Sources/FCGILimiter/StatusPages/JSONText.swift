import FastCGI

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
