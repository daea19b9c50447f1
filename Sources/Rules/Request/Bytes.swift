/// Bytes of a request, and what ASCII makes of them.
typealias Bytes = ArraySlice<UInt8>

/// A byte with its ASCII capital made small.
func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
}

/// The value of an ASCII hexadecimal digit.
func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}

extension Bytes {
    /// Without spaces and tabs at both ends.
    var trimmed: Bytes {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        var rest = drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    /// Whether the bytes are this text, ASCII capitals and small letters alike.
    func equals(ignoringCase text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: count)
        return zip(self, wanted).allSatisfy { lowercased($0) == lowercased($1) }
    }

    /// A decimal number of at most 18 digits.
    var decimal: Int64? {
        guard (1...18).contains(count) else { return nil }
        var value: Int64 = 0
        for byte in self {
            guard byte >= 0x30 && byte <= 0x39 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return value
    }

    /// With `%41` as the byte that it stands for, and `+` as a space in a query; what is torn stays as it is.
    func percentDecoded(plusIsSpace: Bool = false) -> Bytes {
        guard contains(where: { $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+")) }) else {
            return self
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(count)
        var index = startIndex
        while index < endIndex {
            let byte = self[index]
            if byte == UInt8(ascii: "%"), endIndex - index > 2,
                let high = hexValue(self[index + 1]), let low = hexValue(self[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
                index += 1
            }
        }
        return decoded[...]
    }
}
