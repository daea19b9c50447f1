/// What web servers write in their logs for bytes that would tear a line: nginx `\xHH`, Apache also `\"`, `\\`, `\n` and such.
enum LogEscapes {
    /// The bytes as they were before they were logged; an escape that neither server writes stays as it is.
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

    /// Takes what follows a backslash, and gives the byte that it stands for; `nil`, and nothing taken, where it is no escape.
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
            let digits = rest.dropFirst().prefix(2).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
            guard digits.count == 2 else { return nil }
            rest.removeFirst(3)
            return UInt8(digits[0] << 4 | digits[1])
        default: return nil
        }
        rest.removeFirst()
        return byte
    }
}
