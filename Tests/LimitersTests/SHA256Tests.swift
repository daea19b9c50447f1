import Cases
import Servers
import Testing

@testable import Limiters

@Suite("SHA-256")
struct SHA256Tests {
    @Test(
        "the digest is that of the standard's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                String(repeating: "a", count: 1_000_000),
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
            ),
        ])
    func examples(_ message: String, _ digest: String) {
        #expect(hexDigest(Array(message.utf8)) == digest)
    }

    @Test("the digest is what sha256sum prints, for random bytes of every length up to 300")
    func sha256sum() throws {
        var generator = SeededGenerator(seed: 256)
        let folder = try TemporaryFolder()
        let messages = (0...300).map { length in
            (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        // One run for all of them.
        let paths = try messages.enumerated().map { try folder.write(bytes: $1, to: "\($0)") }
        let outcome = try Program("sha256sum", package: "coreutils").run(paths)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let printed = outcome.text.split(separator: "\n").map { String($0.prefix(64)) }
        #expect(printed == messages.map(hexDigest))
    }

    private func hexDigest(_ message: [UInt8]) -> String {
        String(decoding: SHA256.hexDigest(of: message), as: UTF8.self)
    }
}
