/// The value of an ASCII hexadecimal digit, a capital or a small letter; `nil` for other bytes.
public func hexadecimalValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x41 + 10
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
}

extension [UInt8] {
    /// Appends a byte as two hexadecimal digits.
    public mutating func append(hexadecimal byte: UInt8, uppercase: Bool = false) {
        let letterA: UInt8 = uppercase ? 0x41 : 0x61
        let (high, low) = (byte >> 4, byte & 15)
        append(high < 10 ? 0x30 + high : letterA + high - 10)
        append(low < 10 ? 0x30 + low : letterA + low - 10)
    }
}
