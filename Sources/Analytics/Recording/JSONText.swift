/// JSON that is put together from front to back.
struct JSONText {
    private(set) var bytes: [UInt8] = []

    /// Appends what is JSON already.
    mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ number: Int64) {
        bytes.append(contentsOf: String(number).utf8)
    }

    /// Appends text as a string; bytes that are no UTF-8 become U+FFFD, and a NUL, which PostgreSQL refuses, is left out.
    mutating func append(string text: some Collection<UInt8>) {
        let isASCII = text.allSatisfy { $0 < 0x80 }
        bytes.append(UInt8(ascii: "\""))
        for byte in isASCII ? Array(text) : Array(String(decoding: text, as: UTF8.self).utf8) where byte != 0 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 1..<0x20:
                append("\\u00")
                bytes.append(contentsOf: (byte < 16 ? "0" : "").utf8)
                bytes.append(contentsOf: String(byte, radix: 16).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func append(string text: String) {
        append(string: text.utf8)
    }

    /// Appends a number, or null.
    mutating func append(_ number: Int64?) {
        if let number { append(number) } else { append("null") }
    }

    /// Appends `[…]` with what `write` appends for each element.
    mutating func append<Element>(array elements: some Sequence<Element>, _ write: (inout JSONText, Element) -> Void) {
        append("[")
        var isFirst = true
        for element in elements {
            if !isFirst { append(",") }
            isFirst = false
            write(&self, element)
        }
        append("]")
    }
}
