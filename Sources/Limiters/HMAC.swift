/// The message authentication code HMAC-SHA256 (RFC 2104, FIPS 198-1).
package enum HMAC {
    private static let blockLength = 64

    /// The code of `message` as 64 hexadecimal digits in ASCII.
    ///
    /// - Parameters:
    ///   - message: any bytes.
    ///   - key: any bytes; an empty key is valid, and then anyone can compute the code.
    /// - Returns: the digits.
    package static func sha256Digits(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        var block = key.count > blockLength ? SHA256.digest(of: key) : key
        block += repeatElement(0, count: blockLength - block.count)
        let inner = SHA256.digest(of: block.map { $0 ^ 0x36 } + message)
        return SHA256.hexDigest(of: block.map { $0 ^ 0x5C } + inner)
    }
}
