import Cases
import Limiters
import Testing

@Suite("Identities and keys")
struct IdentityTests {
    @Test(
        "an identity is written so that a person can read it",
        arguments: [
            (Identity("address", "203.0.113.9".utf8), "address=203.0.113.9"),
            (Identity("address", "2001:db8::/64".utf8), "address=2001:db8::/64"),
            (Identity("api_key", "Alice-1_2.3~@x+y".utf8), "api_key=Alice-1_2.3~@x+y"),
            (Identity("api_key", "".utf8), "api_key="),
            (Identity("user", "a b".utf8), "user=a%20b"),
            (Identity("user", "a=b,c{d}e%f#g".utf8), "user=a%3Db%2Cc%7Bd%7De%25f%23g"),
            (Identity("user", [0, 10, 13, 255]), "user=%00%0A%0D%FF"),
            (Identity("user", "é".utf8), "user=%C3%A9"),
            (
                Identity([("api_key", Array("alice".utf8)), ("address", Array("::1".utf8))]),
                "api_key=alice,address=::1"
            ),
            (.everyone, "all"),
        ] as [(Identity, String)])
    func writing(_ identity: Identity, _ text: String) {
        #expect(String(decoding: identity.bytes, as: UTF8.self) == text)
    }

    @Test("a key tells its policy")
    func policy() throws {
        let policy = try Policy(name: "log.in_1-2", quota: Quota(limit: 5, window: 1_000_000, algorithm: .tokenBucket))
        #expect(Key(Identity("user", "a:b:}{".utf8), policy).policy == "log.in_1-2")
    }

    @Test("a text that is too long for an identity is replaced by its digest")
    func long() {
        let longest = Identity("k", [UInt8](repeating: 0x61, count: Identity.longestText - 2))
        #expect(longest.bytes.count == Identity.longestText)
        #expect(longest.bytes.starts(with: "k=aaa".utf8))
        let longer = Identity("k", [UInt8](repeating: 0x61, count: Identity.longestText - 1))
        #expect(longer.bytes.count == 65)
        #expect(longer.bytes.first == UInt8(ascii: "#"))
        // Three bytes each when they are encoded.
        #expect(Identity("k", [UInt8](repeating: 0, count: 42)).bytes.count == Identity.longestText)
        #expect(Identity("k", [UInt8](repeating: 0, count: 43)).bytes.first == UInt8(ascii: "#"))
    }

    @Test(
        "a key begins with its algorithm and ends with its policy",
        arguments: [(.slidingWindow, "window:{address=::1}:p"), (.tokenBucket, "bucket:{address=::1}:p")]
            as [(Algorithm, String)])
    func keys(_ algorithm: Algorithm, _ text: String) throws {
        let key = Key(Identity("address", "::1".utf8), try policy("p", algorithm))
        #expect(String(decoding: key.bytes, as: UTF8.self) == text)
    }

    @Test("two pairs of identity and policy never share a key")
    func injective() throws {
        let policies = try ["p", "p.p", "p-p", "q"].flatMap { name in
            try [Algorithm.tokenBucket, .slidingWindow].map { try policy(name, $0) }
        }
        var owners: [Key: String] = [:]
        for (description, identity) in Self.nastyIdentities() {
            for policy in policies {
                let key = Key(identity, policy)
                let owner = "\(description) by \(policy.name), \(policy.quota.algorithm)"
                #expect(key.bytes.count <= Key.longest)
                #expect(key.bytes.allSatisfy { (0x21...0x7E).contains($0) })
                if let other = owners.updateValue(owner, forKey: key) {
                    Issue.record("\(owner) shares its key with \(other)")
                }
            }
        }
        #expect(owners.count > 20_000)
    }

    @Test("the longest identity and the longest name make the longest key")
    func longest() throws {
        let identity = Identity("k", [UInt8](repeating: 0x61, count: Identity.longestText - 2))
        let key = Key(identity, try policy(String(repeating: "p", count: 64), .tokenBucket))
        #expect(key.bytes.count == Key.longest)
    }

    /// What somebody might send to pass for somebody else.
    private static func nastyIdentities() -> [(String, Identity)] {
        let values: [[UInt8]] =
            [
                "", "a", "b", "=", ",", "}", "{", "%", "#", "all", "\0", "\n", "\r\n", " ", "é", "e\u{301}", "a=b",
                "a,b",
                "a,b=c", "b=c", "a}:p", "}:p", "a}:p.p", "{a}", "%61", "%2561", "%3D", "%3d", "a%00", "a\0", "a\0b",
                "A",
                "a ", " a", "a/", "a:", "window:{", "bucket:{a=}:p", "#" + String(repeating: "0", count: 64), "ä",
                "\u{FEFF}a",
                "𐍈", "💧",
            ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xC3, 0xA9, 0xC3], [0x80], [0xED, 0xA0, 0x80]]
        let sources = ["a", "b", "ab", "a=", "a,b", "", "all", "#", "a%3D"]
        var made: [(String, Identity)] = [("everyone", .everyone)]
        for source in sources {
            for value in values { made.append(("\(source.debugDescription)=\(value)", Identity(source, value))) }
        }
        // Two facts, whose boundary could be shifted.
        for first in values.prefix(24) {
            for second in values.prefix(24) {
                made.append(("a=\(first), b=\(second)", Identity([("a", first), ("b", second)])))
            }
        }
        // Long ones, which are hashed: they differ by one byte, one length or one boundary.
        for length in [127, 128, 129, 130, 1_000, 65_535, 65_536] {
            for last in [0x61, 0x62, 0, 0xFF] as [UInt8] {
                let value = [UInt8](repeating: 0x61, count: length - 1) + [last]
                made.append(("\(length) bytes and \(last)", Identity("a", value)))
                made.append(("\(length) bytes and \(last) twice", Identity([("a", value), ("b", value)])))
            }
        }
        // Random ones.
        var generator = SeededGenerator(seed: 1)
        var seen: Set<[UInt8]> = Set(values)
        while seen.count < 2_500 {
            let length = Int.random(in: 1...60, using: &generator)
            let value = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if seen.insert(value).inserted { made.append(("random \(value)", Identity("a", value))) }
        }
        return made
    }

    private func policy(_ name: String, _ algorithm: Algorithm) throws -> Policy {
        try Policy(name: name, quota: Quota(limit: 1, window: 1_000_000, algorithm: algorithm))
    }
}
