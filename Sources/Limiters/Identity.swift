/// Who is counted: one fact about a client, or several together.
///
/// Each identity has a text of its own, whatever bytes a client sends: `address=203.0.113.9`,
/// `api_key=alice,address=203.0.113.9`. Bytes other than letters, digits and a few marks are percent-encoded. A text longer
/// than ``longestText`` bytes is replaced by `#` and its SHA-256; no other text begins with `#`.
public struct Identity: Sendable, Hashable {
    /// The length in bytes above which a text is replaced by its hash.
    public static let longestText = 128

    /// The text in ASCII: letters, digits, `-._~:/@+%=,` and, before a hash, `#`.
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
    ///   - value: any bytes that the client or its server sent.
    public init(_ source: String, _ value: some Collection<UInt8>) {
        var text: [UInt8] = []
        text.reserveCapacity(source.utf8.count + value.count + 8)
        Self.write(source, to: &text)
        let isWritten: Void? = value.withContiguousStorageIfAvailable { Self.write($0, to: &text) }
        if isWritten == nil { Array(value).withUnsafeBufferPointer { Self.write($0, to: &text) } }
        bytes = Self.bounded(text)
    }

    /// Several facts together.
    ///
    /// Their order matters: another order is another identity.
    public init(_ facts: [(source: String, value: [UInt8])]) {
        var text: [UInt8] = []
        for fact in facts {
            if !text.isEmpty { text.append(UInt8(ascii: ",")) }
            Self.write(fact.source, to: &text)
            fact.value.withUnsafeBufferPointer { Self.write($0, to: &text) }
        }
        bytes = Self.bounded(text)
    }

    /// The identity with this text, as keys and explanations show it; `nil` if no identity has it.
    public init?(written text: String) {
        let isWritten = text.utf8.allSatisfy { Self.isPlain[Int($0)] || "%=,#".utf8.contains($0) }
        guard isWritten, text.utf8.contains(UInt8(ascii: "=")) || text == "all" || text.hasPrefix("#") else {
            return nil
        }
        guard (1...Self.longestText).contains(text.utf8.count) else { return nil }
        bytes = Array(text.utf8)
    }

    private static func write(_ source: String, to text: inout [UInt8]) {
        var source = source
        source.withUTF8 { write($0, to: &text) }
        text.append(UInt8(ascii: "="))
    }

    /// Writes the bytes, percent-encoding those that are not plain.
    private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
        let digits: StaticString = "0123456789ABCDEF"
        isPlain.withUnsafeBufferPointer { isPlain in
            guard bytes.contains(where: { !isPlain[Int($0)] }) else { return text.append(contentsOf: bytes) }
            for byte in bytes {
                if isPlain[Int(byte)] {
                    text.append(byte)
                } else {
                    text.append(UInt8(ascii: "%"))
                    text.append(digits.utf8Start[Int(byte >> 4)])
                    text.append(digits.utf8Start[Int(byte & 15)])
                }
            }
        }
    }

    private static let isPlain: [Bool] = (0...255).map { isAlphanumeric($0) || "-._~:/@+".utf8.contains($0) }

    private static func bounded(_ text: [UInt8]) -> [UInt8] {
        text.count <= longestText ? text : [UInt8(ascii: "#")] + SHA256.hexDigest(of: text)
    }
}
