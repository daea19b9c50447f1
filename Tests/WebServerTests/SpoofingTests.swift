import Foundation
import Servers
import Testing

/// A web server with a guarded Python site.
enum Server: String, CaseIterable, Sendable {
    case nginx, apache
}

@Suite("Evasions through a real web server")
struct SpoofingTests {
    /// The outcome of an attempt.
    enum Fate: Sendable, Equatable {
        /// The attempt counts for the same client as the honest request.
        case counted
        /// The attempt counts for another client or path.
        case other
        /// The web server itself refuses the attempt.
        case refused(Int)
    }

    /// An attempt: its name, target, header lines after `Host` (`KEY` is the client's key), and outcomes with nginx and with Apache.
    static let attempts: [(name: String, target: String, lines: String, nginx: Fate, apache: Fate)] = [
        ("the honest request", "/api/data", "X-API-Key: KEY", .counted, .counted),
        // Paths.
        ("a doubled slash", "/api//data", "X-API-Key: KEY", .counted, .counted),
        ("two slashes in front", "//api/data", "X-API-Key: KEY", .counted, .counted),
        ("an encoded letter", "/api/%64ata", "X-API-Key: KEY", .counted, .counted),
        ("a slash at the end", "/api/data/", "X-API-Key: KEY", .counted, .counted),
        ("a dot", "/api/./data", "X-API-Key: KEY", .counted, .counted),
        ("two dots", "/api/x/../data", "X-API-Key: KEY", .counted, .counted),
        ("two dots, encoded", "/api/x/%2e%2E/data", "X-API-Key: KEY", .counted, .counted),
        ("two dots above the root", "/../api/data", "X-API-Key: KEY", .refused(400), .refused(400)),
        ("an encoded slash", "/api%2Fdata", "X-API-Key: KEY", .counted, .refused(404)),
        ("a query", "/api/data?x=/other", "X-API-Key: KEY", .counted, .counted),
        ("a fragment", "/api/data#x", "X-API-Key: KEY", .counted, .refused(400)),
        ("capitals: another path", "/API/data", "X-API-Key: KEY", .other, .other),
        ("the absolute form", "http://elsewhere.example/api/data", "X-API-Key: KEY", .counted, .counted),
        ("a NUL in the path", "/api/data%00", "X-API-Key: KEY", .refused(400), .refused(404)),
        ("no slash in front", "api/data", "X-API-Key: KEY", .refused(400), .refused(400)),
        // Keys.
        ("the key's name in small letters", "/api/data", "x-api-key: KEY", .counted, .counted),
        ("blanks around the key", "/api/data", "X-API-Key:  \t KEY \t", .counted, .counted),
        ("two keys", "/api/data", "X-API-Key: KEY\r\nX-API-Key: other", .counted, .other),
        ("underscores: no such header", "/api/data", "X_API_Key: KEY", .other, .other),
        ("a NUL in the key", "/api/data", "X-API-Key: KEY\0", .refused(400), .refused(400)),
        ("a carriage return", "/api/data", "X-API-Key: KEY\rX-A: b", .refused(400), .refused(400)),
        ("a key in the next line", "/api/data", "X-API-Key:\r\n KEY", .refused(400), .counted),
        ("a blank before the colon", "/api/data", "X-API-Key : KEY", .refused(400), .refused(400)),
        ("64 KB", "/api/data", "X-API-Key: \(String(repeating: "k", count: 65_536))", .refused(400), .refused(400)),
        // Addresses: there is no trusted proxy.
        ("a forged address", "/api/data", "X-API-Key: KEY\r\nX-Forwarded-For: 203.0.113.9", .counted, .counted),
        ("a forged hop", "/api/data", "X-API-Key: KEY\r\nForwarded: for=203.0.113.9", .counted, .counted),
    ]

    @Test("every attempt counts for the right client or is refused", arguments: Server.allCases)
    func attempts(server: Server) throws {
        let rules = try Template(file: "bench/limits.yaml").text
        let client = try GuardedSite(server == .nginx ? .pythonBehindNginx : .pythonBehindApache, rules: rules).client()
        for (number, attempt) in Self.attempts.enumerated() {
            let key = "key-\(number)"
            expectCounted(try client.get("/api/data", headers: ["X-API-Key": key]), left: 9)
            let lines = attempt.lines.replacing("KEY", with: key)
            let answer = try client.send(
                bytes: Array(
                    "GET \(attempt.target) HTTP/1.1\r\nHost: \(client.host)\r\nConnection: close\r\n\(lines)\r\n\r\n"
                        .utf8))
            switch server == .nginx ? attempt.nginx : attempt.apache {
            case .counted:
                #expect(answer.status == 200, "\(attempt.name)")
                #expect(answer["X-RateLimit-Remaining"] == "8", "\(attempt.name)")
            case .other:
                #expect(answer.status == 200, "\(attempt.name)")
                #expect(answer["X-RateLimit-Remaining"] != "8", "\(attempt.name)")
            case .refused(let status):
                #expect(answer.status == status, "\(attempt.name)")
                expectNothingInternal(answer)
            }
            let left = answer["X-RateLimit-Remaining"] == "8" ? 7 : 8
            expectCounted(try client.get("/api/data", headers: ["X-API-Key": key]), left: left)
        }
    }

    @Test("a client gets no new quota by inventing addresses", arguments: Server.allCases)
    func inventedAddresses(server: Server) throws {
        let client = try GuardedSite(server == .nginx ? .pythonBehindNginx : .pythonBehindApache).client()
        let names = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Client-IP", "True-Client-IP", "X-Remote-Addr"]
        for left in (0..<10).reversed() {
            let name = names[left % names.count]
            let value = name == "Forwarded" ? "for=203.0.113.\(left)" : "203.0.113.\(left)"
            expectCounted(try client.get("/api/data", headers: [name: value]), left: left)
        }
        try expectRefused(client.get("/api/data", headers: ["X-Forwarded-For": "203.0.113.77"]))
    }

    @Test(
        "with a trusted proxy, the address that the proxy saw counts, not those before it", arguments: Server.allCases)
    func trustedProxy(server: Server) throws {
        let rules = "trusted_proxies: [127.0.0.0/8]\n" + Rules.ten
        let client = try GuardedSite(server == .nginx ? .pythonBehindNginx : .pythonBehindApache, rules: rules).client()
        let forms = [
            "203.0.113.9", "1.2.3.4, 203.0.113.9", "unknown, 203.0.113.9", "203.0.113.9, 127.0.0.1",
            "::ffff:203.0.113.9",
            "203.0.113.10, 203.0.113.9:4711",
        ]
        for (number, form) in forms.enumerated() {
            expectCounted(
                try client.get("/api/data", headers: ["X-Forwarded-For": form]), left: 9 - number, policy: "ten")
        }
        expectCounted(try client.get("/", headers: ["X-Forwarded-For": "203.0.113.10"]), left: 9, policy: "ten")
        let twice =
            "GET / HTTP/1.1\r\nHost: \(client.host)\r\n"
            + "X-Forwarded-For: 203.0.113.10\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"
        let answer = try client.send(bytes: Array(twice.utf8))
        expectCounted(answer, left: 3, policy: "ten")
    }

    @Test(
        "an IPv6 client is its /64, however it writes itself and whatever host it moves to", arguments: Server.allCases)
    func addressesOfVersion6(server: Server) throws {
        let rules = "trusted_proxies: [127.0.0.0/8]\n" + Rules.ten
        let client = try GuardedSite(server == .nginx ? .pythonBehindNginx : .pythonBehindApache, rules: rules).client()
        let forms = [
            "2001:db8:0:1::1", "2001:DB8:0:1:FFFF:ffff:FFFF:ffff", "2001:0db8:0000:0001:0000:0000:0000:0001",
            "[2001:db8:0:1::7]", "[2001:db8:0:1::7]:4711", "2001:db8:0:1::203.0.113.9",
            "2001:db8:0:2::1, 2001:db8:0:1::2",
        ]
        for (number, form) in forms.enumerated() {
            expectCounted(
                try client.get("/", headers: ["X-Forwarded-For": form]), left: 9 - number, policy: "ten")
        }
        expectCounted(try client.get("/", headers: ["X-Forwarded-For": "2001:db8:0:2::1"]), left: 9, policy: "ten")
    }
}
