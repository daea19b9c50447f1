/// Who is counted: one fact about a client, or several together.
///
/// It is written as text that no other identity has, whatever bytes a client sends: `address=203.0.113.9`,
/// `api_key=alice,address=203.0.113.9`. Bytes other than letters, digits and a few marks are percent-encoded; what is
/// longer than ``longestText`` bytes is replaced by `#` and its SHA-256, and no written identity begins with `#`.
public struct Identity: Sendable, Hashable {
    /// The longest text that is kept as it is, in bytes.
    public static let longestText = 128

    /// The written form in ASCII: letters, digits, `-._~:/@+%=,` and, in front of a hash, `#`.
    public let bytes: [UInt8]

    /// Everyone together: an overall limit.
    public static let everyone = Identity()

    private init() {
        bytes = Array("all".utf8)
    }

    /// One fact, for example `Identity("address", "203.0.113.9".utf8)`.
    ///
    /// - Parameters:
    ///   - source: what the value is: `address`, `api_key`, …
    ///   - value: the bytes that the client or its server sent, any at all.
    public init(_ source: String, _ value: some Collection<UInt8>) {
        var text: [UInt8] = []
        text.reserveCapacity(source.utf8.count + value.count + 8)
        Self.write(source, value, to: &text)
        bytes = Self.bounded(text)
    }

    /// Several facts together, in this order: another order is another identity.
    public init(_ facts: [(source: String, value: [UInt8])]) {
        var text: [UInt8] = []
        for fact in facts {
            if !text.isEmpty { text.append(UInt8(ascii: ",")) }
            Self.write(fact.source, fact.value, to: &text)
        }
        bytes = Self.bounded(text)
    }

    private static func write(_ source: String, _ value: some Collection<UInt8>, to text: inout [UInt8]) {
        for byte in source.utf8 { encode(byte, to: &text) }
        text.append(UInt8(ascii: "="))
        // In one piece, so that callers in other modules do not pay for a generic step a byte.
        let written: Void? = value.withContiguousStorageIfAvailable { bytes in
            for byte in bytes { encode(byte, to: &text) }
        }
        if written == nil { for byte in value { encode(byte, to: &text) } }
    }

    private static func encode(_ byte: UInt8, to text: inout [UInt8]) {
        if isPlain[Int(byte)] {
            text.append(byte)
        } else {
            let digits: StaticString = "0123456789ABCDEF"
            text.append(UInt8(ascii: "%"))
            text.append(digits.utf8Start[Int(byte >> 4)])
            text.append(digits.utf8Start[Int(byte & 15)])
        }
    }

    private static let isPlain: [Bool] = (0...255).map { isAlphanumeric($0) || "-._~:/@+".utf8.contains($0) }

    private static func bounded(_ text: [UInt8]) -> [UInt8] {
        text.count <= longestText ? text : [UInt8(ascii: "#")] + SHA256.hexDigest(of: text)
    }
}
