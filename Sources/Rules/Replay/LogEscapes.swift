import TextFormats

/// The escapes for bytes that would break a log line: nginx writes `\xHH`, Apache also `\"`, `\\`, `\n` and the like.
enum LogEscapes {
    /// The bytes before the web server escaped them; an escape that neither server writes stays as it is.
    static func undone(in text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard text.contains(UInt8(ascii: "\\")) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let original = takeEscaped(from: &rest) {
                bytes.append(original)
            } else {
                bytes.append(byte)
            }
        }
        return bytes[...]
    }

    /// Removes an escape after its backslash and returns the escaped byte; removes nothing and returns `nil` if `rest` does
    /// not begin with one.
    private static func takeEscaped(from rest: inout ArraySlice<UInt8>) -> UInt8? {
        guard let letter = rest.first else { return nil }
        let byte: UInt8
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte = letter
        case UInt8(ascii: "b"): byte = 0x08
        case UInt8(ascii: "t"): byte = 0x09
        case UInt8(ascii: "n"): byte = 0x0A
        case UInt8(ascii: "v"): byte = 0x0B
        case UInt8(ascii: "r"): byte = 0x0D
        case UInt8(ascii: "x"):
            let digits = rest.dropFirst().prefix(2).compactMap(hexadecimalValue)
            guard digits.count == 2 else { return nil }
            rest.removeFirst(3)
            return digits[0] << 4 | digits[1]
        default: return nil
        }
        rest.removeFirst()
        return byte
    }
}
