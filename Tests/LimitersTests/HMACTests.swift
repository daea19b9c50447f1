import Limiters
import Testing

/// The cases of RFC 4231, section 4.
@Suite("HMAC-SHA256")
struct HMACTests {
    struct Case: Sendable {
        let key: [UInt8]
        let message: [UInt8]
        let digits: String
    }

    private static let cases = [
        Case(
            key: Array(repeating: 0x0B, count: 20), message: Array("Hi There".utf8),
            digits: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Case(
            key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            digits: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Case(
            key: Array(repeating: 0xAA, count: 20), message: Array(repeating: 0xDD, count: 50),
            digits: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        Case(
            key: Array(1...25), message: Array(repeating: 0xCD, count: 50),
            digits: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        // A key that is longer than a block is hashed first.
        Case(
            key: Array(repeating: 0xAA, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            digits: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        Case(
            key: Array(repeating: 0xAA, count: 131),
            message: Array(
                """
                This is a test using a larger than block-size key and a larger than block-size data. \
                The key needs to be hashed before being used by the HMAC algorithm.
                """.utf8),
            digits: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]

    @Test("the codes are those of RFC 4231", arguments: cases)
    func published(_ vector: Case) {
        let digits = HMAC(key: vector.key).hexDigits(of: vector.message)
        #expect(String(decoding: digits, as: UTF8.self) == vector.digits)
    }

    @Test("an empty key is valid")
    func emptyKey() {
        #expect(
            String(decoding: HMAC(key: []).hexDigits(of: []), as: UTF8.self)
                == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }
}
