import FastCGI
import Testing

@Suite("Listening addresses")
struct AddressTests {
    typealias Address = Listener.Address

    @Test(
        "an address is parsed and printed again",
        arguments: [
            ("unix:/run/fcgi-limiter.sock", .unix(path: "/run/fcgi-limiter.sock", mode: 0o660, group: nil)),
            ("unix:relative.sock", .unix(path: "relative.sock", mode: 0o660, group: nil)),
            ("unix:/with:colon:80", .unix(path: "/with:colon:80", mode: 0o660, group: nil)),
            ("127.0.0.1:9000", .tcp(host: "127.0.0.1", port: "9000")),
            ("localhost:0", .tcp(host: "localhost", port: "0")),
            ("limiter.example:65535", .tcp(host: "limiter.example", port: "65535")),
            ("[::1]:9000", .tcp(host: "::1", port: "9000")),
            ("[2001:db8::1%eth0]:9000", .tcp(host: "2001:db8::1%eth0", port: "9000")),
            ("fd:0", .descriptor(0)),
            ("fd:17", .descriptor(17)),
            ("systemd", .systemd),
        ] as [(String, Address)])
    func good(text: String, address: Address) throws {
        #expect(try Address(text) == address)
        #expect(address.description == text)
    }

    @Test("an IPv6 address may be written without brackets, and is printed with them")
    func withoutBrackets() throws {
        #expect(try Address("::1:9000").description == "[::1]:9000")
    }

    @Test("mode and group apply to Unix sockets only")
    func modeAndGroup() throws {
        #expect(
            try Address("unix:/a", mode: 0o600, group: "www-data") == .unix(path: "/a", mode: 0o600, group: "www-data"))
        #expect(try Address("fd:3", mode: 0o600, group: "www-data") == .descriptor(3))
    }

    @Test(
        "invalid text is an error that says what to write",
        arguments: [
            "", "unix:", "unix", "/run/a.sock", "localhost", "localhost:", "localhost:http", "localhost:65536",
            "localhost:-1", "9000", "fd:", "fd:-1", "fd:x", "fd:2147483648", "SYSTEMD", "systemd ", ":", "[::1]",
            "[::1]:",
        ])
    func bad(text: String) {
        #expect {
            try Address(text)
        } throws: { error in
            (error as? ListenError)?.description
                == "\"\(text)\" is not a listening address: write unix:PATH, HOST:PORT, fd:N or systemd"
        }
    }
}
