/// The SHA-256 digest (FIPS 180-4): of identities too long for a key, and of API keys and other secrets.
///
/// The code is here because this module imports nothing. Only requests with such an identity are hashed.
package enum SHA256 {
    /// What has been hashed so far, and at the end the digest: eight words.
    typealias State = InlineArray<8, UInt32>

    /// The bytes that are hashed at a time.
    static let blockLength = 64

    /// The state before anything is hashed.
    static let initial: State = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]

    /// The digest of `message` as 64 hexadecimal digits in ASCII.
    package static func hexDigest(of message: [UInt8]) -> [UInt8] {
        hexadecimal(finish(initial, message))
    }

    /// The digest of `message`, 32 bytes.
    package static func digest(of message: [UInt8]) -> [UInt8] {
        bytes(finish(initial, message))
    }

    /// The digest of a message from the state after its first blocks.
    ///
    /// - Parameters:
    ///   - state: the state after whole blocks.
    ///   - rest: what follows these blocks.
    ///   - blockCount: how many blocks there were.
    /// - Returns: the digest.
    static func finish(_ state: State, _ rest: [UInt8], after blockCount: Int = 0) -> State {
        var state = state
        rest.withUnsafeBytes { rest in
            let tailStart = rest.count / blockLength * blockLength
            for start in stride(from: 0, to: tailStart, by: blockLength) { compress(rest, start, into: &state) }
            // The rest of the message, a one bit, zeros, and the count of bits: one block or two.
            let tailCount = rest.count - tailStart < blockLength - 8 ? blockLength : 2 * blockLength
            withUnsafeTemporaryAllocation(byteCount: 2 * blockLength, alignment: 8) { tail in
                tail.initializeMemory(as: UInt8.self, repeating: 0)
                tail.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[tailStart...]))
                tail[rest.count - tailStart] = 0x80
                let bitCount = UInt64(blockCount * blockLength + rest.count) * 8
                tail.storeBytes(of: bitCount.bigEndian, toByteOffset: tailCount - 8, as: UInt64.self)
                for start in stride(from: 0, to: tailCount, by: blockLength) {
                    compress(UnsafeRawBufferPointer(tail), start, into: &state)
                }
            }
        }
        return state
    }

    /// Hashes the block that begins at `start`.
    static func compress(_ bytes: UnsafeRawBufferPointer, _ start: Int, into state: inout State) {
        var words = InlineArray<64, UInt32>(repeating: 0)
        for index in 0..<16 {
            words[index] = UInt32(
                bigEndian: bytes.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self))
        }
        for index in 16..<64 {
            let (a, b) = (words[index - 15], words[index - 2])
            let sigma0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3)
            let sigma1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10)
            words[index] = words[index - 16] &+ sigma0 &+ words[index - 7] &+ sigma1
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        constants.withUnsafeBufferPointer { constants in
            // After eight rounds each variable is again in its place.
            for index in stride(from: 0, to: 64, by: 8) {
                round(a, b, c, &d, e, f, g, &h, constants[index] &+ words[index])
                round(h, a, b, &c, d, e, f, &g, constants[index + 1] &+ words[index + 1])
                round(g, h, a, &b, c, d, e, &f, constants[index + 2] &+ words[index + 2])
                round(f, g, h, &a, b, c, d, &e, constants[index + 3] &+ words[index + 3])
                round(e, f, g, &h, a, b, c, &d, constants[index + 4] &+ words[index + 4])
                round(d, e, f, &g, h, a, b, &c, constants[index + 5] &+ words[index + 5])
                round(c, d, e, &f, g, h, a, &b, constants[index + 6] &+ words[index + 6])
                round(b, c, d, &e, f, g, h, &a, constants[index + 7] &+ words[index + 7])
            }
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
        state[5] &+= f
        state[6] &+= g
        state[7] &+= h
    }

    /// One round; the roles of the variables then move on by one.
    @inline(__always)
    private static func round(
        _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
        _ h: inout UInt32, _ addend: UInt32
    ) {
        let sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
        let first = h &+ sum1 &+ ((e & f) ^ (~e & g)) &+ addend
        let sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
        d &+= first
        h = first &+ sum0 &+ ((a & b) ^ (a & c) ^ (b & c))
    }

    /// The digest as 32 bytes.
    static func bytes(_ digest: State) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { bytes, count in
            for index in 0..<32 { bytes.initializeElement(at: index, to: byte(index, of: digest)) }
            count = 32
        }
    }

    /// The digest as 64 hexadecimal digits in ASCII.
    static func hexadecimal(_ digest: State) -> [UInt8] {
        let digits: StaticString = "0123456789abcdef"
        return [UInt8](unsafeUninitializedCapacity: 64) { text, count in
            for index in 0..<32 {
                let byte = byte(index, of: digest)
                text.initializeElement(at: 2 * index, to: digits.utf8Start[Int(byte >> 4)])
                text.initializeElement(at: 2 * index + 1, to: digits.utf8Start[Int(byte & 15)])
            }
            count = 64
        }
    }

    private static func byte(_ index: Int, of digest: State) -> UInt8 {
        UInt8(truncatingIfNeeded: digest[index / 4] >> UInt32(24 - index % 4 * 8))
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
        word &>> count | word &<< (32 &- count)
    }

    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}
