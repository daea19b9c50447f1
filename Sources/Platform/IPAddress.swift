import Glibc

/// An IP address, as the C library's `inet_pton` reads it.
///
/// Every module that reads addresses reads them here, so that all agree on what is one. A number with a leading zero or
/// in hexadecimal is not an IPv4 address, because programs disagree on what it means; an IPv6 address has no zone.
public enum IPAddress: Hashable, Sendable {
    /// An IPv4 address, in the host's byte order.
    case v4(UInt32)
    /// An IPv6 address, in the host's byte order; one that maps an IPv4 address is a ``v4(_:)`` instead.
    case v6(UInt128)

    /// The longest text in bytes: six groups of four digits, and an IPv4 address.
    private static let longestText = Int(INET6_ADDRSTRLEN) - 1

    /// The address written in `text`: `203.0.113.9`, `2001:DB8::9`, `::ffff:203.0.113.9`; `nil` if it is not an address.
    public init?(_ text: ArraySlice<UInt8>) {
        guard text.count <= Self.longestText else { return nil }
        // A C string on the stack: this runs once or more per request.
        var string = InlineArray<46, CChar>(repeating: 0)
        var isV6 = false
        for (index, byte) in text.enumerated() {
            // A zero byte would end the string early.
            guard byte != 0 else { return nil }
            isV6 = isV6 || byte == UInt8(ascii: ":")
            string[index] = CChar(bitPattern: byte)
        }
        self.init(string.span, isV6: isV6)
    }

    private init?(_ string: Span<CChar>, isV6: Bool) {
        func read(_ family: Int32, into address: UnsafeMutableRawPointer) -> Bool {
            string.withUnsafeBufferPointer { string in
                string.baseAddress.map { inet_pton(family, $0, address) == 1 } ?? false
            }
        }
        if isV6 {
            var value: UInt128 = 0
            guard read(AF_INET6, into: &value) else { return nil }
            value = UInt128(bigEndian: value)
            self = value >> 32 == 0xFFFF ? .v4(UInt32(truncatingIfNeeded: value)) : .v6(value)
        } else {
            var value: UInt32 = 0
            guard read(AF_INET, into: &value) else { return nil }
            self = .v4(UInt32(bigEndian: value))
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address in the form of the C library's `inet_ntop`.
    public var description: String {
        func text(_ family: Int32, _ address: some Any) -> String {
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
                withUnsafeBytes(of: address) {
                    inet_ntop(family, $0.baseAddress, text.baseAddress, socklen_t(text.count))
                }.map { String(cString: $0) } ?? ""
            }
        }
        return switch self {
        case .v4(let value): text(AF_INET, value.bigEndian)
        case .v6(let value): text(AF_INET6, value.bigEndian)
        }
    }
}
