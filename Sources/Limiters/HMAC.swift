/// Message authentication codes HMAC-SHA256 with one key (RFC 2104, FIPS 198-1).
public struct HMAC: Sendable {
    /// The states of SHA-256 after the key, which begins both of its messages.
    private let inner: SHA256.State
    private let outer: SHA256.State

    /// Codes with this key.
    ///
    /// - Parameter key: any bytes; an empty key is valid, and then anyone can compute the codes.
    public init(key: [UInt8]) {
        var block = key.count > SHA256.blockLength ? SHA256.digest(of: key) : key
        block += repeatElement(0, count: SHA256.blockLength - block.count)
        inner = Self.state(after: block.map { $0 ^ 0x36 })
        outer = Self.state(after: block.map { $0 ^ 0x5C })
    }

    /// The code of `message` as 64 hexadecimal digits in ASCII.
    public func hexDigits(of message: [UInt8]) -> [UInt8] {
        let digest = SHA256.bytes(SHA256.finish(inner, message, after: 1))
        return SHA256.hexadecimal(SHA256.finish(outer, digest, after: 1))
    }

    private static func state(after block: [UInt8]) -> SHA256.State {
        var state = SHA256.initial
        block.withUnsafeBytes { SHA256.compress($0, 0, into: &state) }
        return state
    }
}
