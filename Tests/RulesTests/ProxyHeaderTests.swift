import Testing

@testable import Rules

@Suite("Clients behind proxies")
struct ProxyHeaderTests {
    private static let trusted = ["10.0.0.0/8", "2001:db8:aaaa::/48", "unix"]

    @Test(
        "X-Forwarded-For is read from the right, to the first address that is not trusted",
        arguments: [
            ("203.0.113.9", "203.0.113.9"),
            ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
            ("198.51.100.1,203.0.113.9,10.0.0.2", "203.0.113.9"),
            ("203.0.113.9, 10.0.0.2, 10.0.0.3", "203.0.113.9"),
            ("10.0.0.9", "10.0.0.9"),
            ("10.0.0.9, 10.0.0.8", "10.0.0.9"),
            ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db8::9]:4711", "2001:db8::9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("2001:db8::9, 2001:db8:aaaa::1", "2001:db8::9"),
            ("203.0.113.9, unix:", "203.0.113.9"),
            (" \t203.0.113.9\t ", "203.0.113.9"),
            ("203.0.113.9, , ,", "203.0.113.9"),
            // Junk ends the list, and the last trusted hop counts.
            ("203.0.113.9, unknown", "10.0.0.1"),
            ("203.0.113.9, junk, 10.0.0.2", "10.0.0.2"),
            ("203.0.113.9, \"10.0.0.2\"", "10.0.0.1"),
            ("0203.0.113.9", "10.0.0.1"),
            ("", "10.0.0.1"),
            (",", "10.0.0.1"),
        ])
    func xForwardedFor(list: String, client: String) throws {
        #expect(try Self.client(.xForwardedFor, list) == client)
    }

    @Test(
        "Forwarded is read likewise, with quotes, parameters and obfuscated names",
        arguments: [
            ("for=203.0.113.9", "203.0.113.9"),
            ("for=203.0.113.9;proto=https;by=10.0.0.1", "203.0.113.9"),
            ("proto=https; For=\"203.0.113.9\"", "203.0.113.9"),
            ("for=\"203.0.113.9:4711\"", "203.0.113.9"),
            ("for=\"[2001:db8::9]:4711\"", "2001:db8::9"),
            ("for=\"[2001:db8::9]:_port\"", "2001:db8::9"),
            ("for=198.51.100.1, for=203.0.113.9;by=\"a,b;c\", for=10.0.0.2", "203.0.113.9"),
            ("for=\"203.\\0.113.9\"", "203.0.113.9"),
            ("host=\"a\\\",for=198.51.100.1\";for=203.0.113.9", "203.0.113.9"),
            // Nothing that a client wrote on the left affects what proxies appended.
            ("for=\"198.51.100.1, for=203.0.113.9", "203.0.113.9"),
            ("for=198.51.100.1;x=\"\\, for=203.0.113.9", "203.0.113.9"),
            ("\",for=198.51.100.1,\", for=203.0.113.9", "203.0.113.9"),
            // Junk ends the list.
            ("for=203.0.113.9, for=unknown", "10.0.0.1"),
            ("for=203.0.113.9, for=_hidden", "10.0.0.1"),
            ("for=203.0.113.9, by=10.0.0.2", "10.0.0.1"),
            ("for=203.0.113.9;for=198.51.100.1", "10.0.0.1"),
            ("for=203.0.113.9, for=\"10.0.0.2", "10.0.0.1"),
            ("for=203.0.113.9, for=\"10.0.0.2\"x", "10.0.0.1"),
            ("for", "10.0.0.1"),
            ("203.0.113.9", "10.0.0.1"),
        ])
    func forwarded(list: String, client: String) throws {
        #expect(try Self.client(.forwarded, list) == client)
    }

    @Test("a list of 64 KB is read in linear time")
    func longLists() throws {
        let many = Array(repeating: "10.0.0.2", count: 7_000).joined(separator: ", ")
        #expect(try Self.client(.xForwardedFor, "203.0.113.9, " + many) == "203.0.113.9")
        #expect(try Self.client(.forwarded, String(repeating: "\\\"", count: 32_000)) == "10.0.0.1")
        #expect(try Self.client(.forwarded, "for=\"" + String(repeating: "\\", count: 64_000) + "\"") == "10.0.0.1")
    }

    private static func client(_ header: ProxyHeader, _ list: String) throws -> String {
        let trusted = AddressSet(try trusted.map { try Network($0) })
        let client = header.client(via: .v4(0x0A00_0001), in: bytes(list), trusted: trusted)
        return text(client.text(v6Prefix: 128))
    }
}
