extension [UInt8] {
    /// Appends text known at build time.
    public mutating func append(text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends an integer in decimal digits, with a `-` before a negative one.
    public mutating func append(decimal number: Int64) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = 20
        var rest = number.magnitude
        repeat {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        if number < 0 { append(UInt8(ascii: "-")) }
        digits.span.extracting(start...).withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}

/// The digits of a number, 0 or more, with zeros before them up to a width.
public func zeroPadded(_ number: some BinaryInteger, to width: Int, radix: Int = 10) -> String {
    let digits = String(number, radix: radix)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// The value of 1 to 18 decimal digits, which always fit; `nil` for other text, including a sign or a space.
@inlinable
public func decimalValue(_ digits: some Collection<UInt8>) -> Int64? {
    guard (1...18).contains(digits.count) else { return nil }
    var value: Int64 = 0
    for digit in digits {
        guard digit >= 0x30 && digit <= 0x39 else { return nil }
        value = value * 10 + Int64(digit - 0x30)
    }
    return value
}
