import Cases
import Platform
import Testing

@testable import Rules

@Suite("Addresses")
struct AddressTests {
    @Test(
        "all textual forms of an address give one identity",
        arguments: [
            ("203.0.113.9", "203.0.113.9"),
            ("0.0.0.0", "0.0.0.0"),
            ("255.255.255.255", "255.255.255.255"),
            ("2001:db8:0:1::9", "2001:db8:0:1::/64"),
            ("2001:DB8:0000:0001:0:0:0:9", "2001:db8:0:1::/64"),
            ("2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"),
            ("2001:db8::9", "2001:db8::/64"),
            ("::1", "::/64"),
            ("::", "::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("fe80::1%25eth0", "fe80::/64"),
            ("1::", "1::/64"),
            ("1:2:3:4:5:6:7::", "1:2:3:4::/64"),
            // A mapped IPv4 address is the IPv4 address.
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("::FFFF:cb00:7109", "203.0.113.9"),
            ("0:0:0:0:0:ffff:203.0.113.9", "203.0.113.9"),
            ("::203.0.113.9", "::/64"),
            ("64:ff9b::203.0.113.9", "64:ff9b::/64"),
            ("unix:", "unix:"),
            ("unix:/run/x.sock", "unix:"),
        ])
    func forms(written: String, identity: String) {
        #expect(Address(bytes(written)).map { text($0.text(v6Prefix: 64)) } == identity)
    }

    @Test(
        "other text is not an address",
        arguments: [
            "", "203.0.113", "203.0.113.9.1", "203.0.113.256", "203.0.113.", ".0.113.9", "0203.0.113.9", "0xcb.0.113.9",
            "3405803785", "203.0.113.9 ", "+1.2.3.4", "1..2.3", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::", "::1::", "12345::", "g::", "1:", ":1", "::1.2.3", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4",
            "localhost", "unknown", "_hidden", "[::1]", "203.0.113.9:80",
        ])
    func junk(written: String) {
        #expect(Address(bytes(written)) == nil)
    }

    @Test("an address has no zone, no prefix and no zero byte, whatever a C string would make of it")
    func strict() {
        #expect(IPAddress(bytes("203.0.113.9")) == .v4(0xCB00_7109))
        #expect(IPAddress(bytes("2001:db8::9")) == .v6(0x2001_0db8 << 96 | 9))
        #expect(IPAddress(bytes("0000:0000:0000:0000:0000:ffff:255.255.255.255")) == .v4(.max))
        for text in ["fe80::1%lo", "2001:db8::/32", "10.0.0.0/8", "203.0.113.9\u{0}", "203.0.113.9\u{0}.example", ""] {
            #expect(IPAddress(bytes(text)) == nil, "\(text)")
        }
    }

    @Test(
        "an address in a proxy header may have brackets and a port",
        arguments: [
            ("203.0.113.9:4711", "203.0.113.9"), ("[2001:db8::9]", "2001:db8::9"),
            ("[2001:db8::9]:4711", "2001:db8::9"), ("2001:db8::9", "2001:db8::9"),
            ("203.0.113.9:_port", "203.0.113.9"), ("[fe80::1%eth0]:80", "fe80::1"),
            ("[::ffff:203.0.113.9]", "203.0.113.9"),
            ("203.0.113.9:", nil), ("203.0.113.9:123456", nil), ("203.0.113.9:x", nil), ("[203.0.113.9]", nil),
            ("[::1", nil), ("[::1]x", nil), ("[]", nil), ("unknown:80", nil), ("_hidden", nil),
        ] as [(String, String?)])
    func hops(written: String, address: String?) {
        #expect(Address(hop: bytes(written)).map { text($0.text(v6Prefix: 128)) } == address)
    }

    @Test(
        "IPv6 addresses are written in the canonical form of RFC 5952",
        arguments: [
            ("2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("0:0:1:0:0:0:1:0", "0:0:1::1:0"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
            ("1:0:0:2:0:0:0:0", "1:0:0:2::"), ("1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"), ("A::F", "a::f"),
        ])
    func canonical(written: String, text: String) {
        #expect(Address(bytes(written)).map { RulesTests.text($0.text(v6Prefix: 128)) } == text)
    }

    @Test(
        "all addresses of a prefix are one client",
        arguments: [(128, "2001:db8:1:2:3:4:5:6"), (64, "2001:db8:1:2::/64"), (56, "2001:db8:1::/56"), (1, "::/1")])
    func prefixes(bits: Int, identity: String) {
        #expect(Address(bytes("2001:db8:1:2:3:4:5:6")).map { text($0.text(v6Prefix: bits)) } == identity)
    }

    @Test("reading what was written gives the same address, for random addresses", arguments: SeededGenerator.seeds(1))
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let v4 = Address.v4(.random(in: 0 ... .max, using: &generator))
            try #require(Address(v4.text(v6Prefix: 128)[...]) == v4)
            // Half of the groups are zero, because runs of zeros are the difficult part.
            let groups = (0..<8).map { _ in
                Bool.random(using: &generator) ? 0 : UInt128.random(in: 0...0xFFFF, using: &generator)
            }
            let v6 = Address.v6(groups.reduce(0) { $0 << 16 | $1 })
            try #require(Address(v6.text(v6Prefix: 128)[...]) == v6)
        }
    }

    @Test("a set contains the addresses of its networks and not their neighbours")
    func sets() throws {
        let written = ["10.0.0.0/8", "192.0.2.7", "192.0.2.8/30", "2001:db8::/32", "unix", "::ffff:198.51.100.0/120"]
        let set = AddressSet(try written.map { try Network($0) })
        for member in [
            "10.0.0.0", "10.255.255.255", "192.0.2.7", "192.0.2.8", "192.0.2.11", "2001:db8::", "2001:db8:ffff::1",
            "::ffff:10.1.2.3", "unix:", "198.51.100.255",
        ] {
            #expect(Address(bytes(member)).map { set.contains($0) } == true, "\(member)")
        }
        for stranger in [
            "9.255.255.255", "11.0.0.0", "192.0.2.6", "192.0.2.12", "2001:db7:ffff::", "2001:db9::", "::10.1.2.3",
            "198.51.101.0",
        ] {
            #expect(Address(bytes(stranger)).map { set.contains($0) } == false, "\(stranger)")
        }
    }

    @Test("a random set contains what checking each network finds", arguments: SeededGenerator.seeds(1))
    func againstOneByOne(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let networks = try (0..<10).map { _ in
                let prefix = UInt32.random(in: 24...32, using: &generator)
                let mask = UInt32.max << (32 - prefix)
                let value = UInt32.random(in: 0...1_023, using: &generator) & mask
                return try Network("0.0.\(value >> 8).\(value & 255)/\(prefix)")
            }
            let set = AddressSet(networks)
            for value in UInt32(0)...1_030 {
                let expected = networks.contains {
                    if case .v4(let range) = $0 { range.contains(value) } else { false }
                }
                #expect(set.contains(.v4(value)) == expected, "\(value) in \(networks)")
            }
        }
    }
}
