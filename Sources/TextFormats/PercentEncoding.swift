/// Percent-encoding of URLs: `%2F` is a slash.
///
/// Source: RFC 3986, 2.1; with `+` for a space, application/x-www-form-urlencoded of the URL Standard.
public enum PercentEncoding {
    /// The text with each `%41` replaced by the byte it encodes.
    ///
    /// - Parameters:
    ///   - text: any bytes; a `%` without two hexadecimal digits after it stays as it is.
    ///   - plusIsSpace: whether `+` means a space, as it does in queries and forms but not in paths.
    /// - Returns: the same bytes, without a copy, if there is nothing to decode.
    public static func decoded(_ text: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> ArraySlice<UInt8> {
        guard text.contains(where: { $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+")) }) else {
            return text
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte == UInt8(ascii: "%"), text.endIndex - index > 2,
                let high = hexadecimalValue(text[index + 1]), let low = hexadecimalValue(text[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return decoded[...]
    }

    /// The decoded text; `nil` if a `%` does not encode a byte, or if the bytes are not UTF-8.
    public static func decodedText(_ text: some StringProtocol) -> String? {
        let parts = text.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false)
        guard parts.dropFirst().allSatisfy({ $0.prefix(2).compactMap(hexadecimalValue).count == 2 }) else { return nil }
        return String(validating: decoded(Array(text.utf8)[...]), as: UTF8.self)
    }

    /// The text with each byte percent-encoded unless it is unreserved (RFC 3986, 2.3) or one of `kept`.
    public static func encoded(_ text: String, keeping kept: String = "") -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: encoded.append(byte)
            case _ where "-._~".utf8.contains(byte) || kept.utf8.contains(byte): encoded.append(byte)
            default:
                encoded.append(UInt8(ascii: "%"))
                encoded.append(hexadecimal: byte, uppercase: true)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
