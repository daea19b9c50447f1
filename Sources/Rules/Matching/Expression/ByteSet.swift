/// A set of bytes.
struct ByteSet: Hashable, Sendable {
    private var bits = SIMD4<UInt64>(repeating: 0)

    static let all = ~ByteSet()
    static let digits = ByteSet(0x30...0x39)
    static let spaces = ByteSet("\t\n\u{B}\u{C}\r ".utf8)
    /// Letters, digits and the underscore.
    static let word = ByteSet(0x61...0x7A).union(ByteSet(0x41...0x5A)).union(digits).union(ByteSet([0x5F]))

    init(_ bytes: some Sequence<UInt8> = EmptyCollection()) {
        for byte in bytes { bits[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }
    }

    func contains(_ byte: UInt8) -> Bool { bits[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1 }

    func union(_ other: ByteSet) -> ByteSet {
        var union = self
        union.bits |= other.bits
        return union
    }

    /// The set with each letter in both cases.
    var ignoringCase: ByteSet {
        union(ByteSet((0...255).filter { byte in isLetter(byte) && contains(byte ^ 0x20) }))
    }

    private func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(lowercased(byte)) }

    static prefix func ~ (set: ByteSet) -> ByteSet {
        var complement = set
        complement.bits = ~set.bits
        return complement
    }
}
