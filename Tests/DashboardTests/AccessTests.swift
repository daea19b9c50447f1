import FastCGI
import Foundation
import Rules
import Servers
import Testing

@testable import DashboardCGI

@Suite("Access to the dashboard")
struct AccessTests {
    @Test("this machine's addresses are allowed, except through a proxy; others are refused")
    func loopback() {
        let access = Access(.loopback)
        let cases: [(KeyValuePairs<String, String>, Access.Refusal?)] = [
            (["REMOTE_ADDR": "127.0.0.1"], nil),
            (["REMOTE_ADDR": "127.9.9.9"], nil),
            (["REMOTE_ADDR": "::1"], nil),
            (["REMOTE_ADDR": "::ffff:127.0.0.1"], nil),
            (["REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"], .proxied),
            (["REMOTE_ADDR": "::1", "HTTP_X_FORWARDED_FOR": ""], .proxied),
            (["REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=127.0.0.1"], .proxied),
            (["REMOTE_ADDR": "127.0.0.1", "HTTP_X_REAL_IP": "127.0.0.1"], .proxied),
            (["REMOTE_ADDR": "203.0.113.9"], .stranger(address: "203.0.113.9")),
            (["REMOTE_ADDR": "128.0.0.1"], .stranger(address: "128.0.0.1")),
            (["REMOTE_ADDR": "::2"], .stranger(address: "::2")),
            (["REMOTE_ADDR": "unix:"], .stranger(address: "unix:")),
            (["REMOTE_ADDR": "127.0.0.1, 127.0.0.1"], .stranger(address: "127.0.0.1, 127.0.0.1")),
            ([:], .stranger(address: "")),
            (["REMOTE_ADDR": "203.0.113.9", "REMOTE_USER": "ann"], nil),
            (["REMOTE_ADDR": "203.0.113.9", "REMOTE_USER": ""], .stranger(address: "203.0.113.9")),
            (["REMOTE_ADDR": "203.0.113.9", "HTTP_REMOTE_USER": "ann"], .stranger(address: "203.0.113.9")),
            (["REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=127.0.0.1", "REMOTE_USER": "ann"], nil),
        ]
        for (variables, refusal) in cases {
            #expect(access.refusal(of: Request(variables: variables)) == refusal, "\(variables)")
        }
    }

    @Test("this machine sees the dashboard under its own names only, so no foreign page can point a name at it")
    func names() throws {
        let access = Access(.loopback)
        let machineName = try String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        func refusal(_ host: String) -> Access.Refusal? {
            access.refusal(of: Request(variables: ["REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": host]))
        }
        for own in [
            "localhost", "LOCALHOST:8080", "limits.localhost", "127.0.0.1", "127.0.0.1:8080", "[::1]:8080", "10.0.0.5",
            machineName, machineName.uppercased() + ":8080",
        ] { #expect(refusal(own) == nil, "\(own)") }
        for foreign in [
            "evil.example", "evil.example:8080", "localhost.evil.example", "notlocalhost", "127.0.0.1.evil.example", "",
        ] {
            #expect(refusal(foreign) == .foreignName(host: foreign))
        }
        // A user who has logged in may use any name.
        let known = ["REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "limits.example", "REMOTE_USER": "ann"] as KeyValuePairs
        #expect(access.refusal(of: Request(variables: known)) == nil)
    }

    @Test("allowed networks replace the default, and may come through a proxy")
    func networks() throws {
        let access = Access(try NetworkList(["10.0.0.0/8", "2001:db8::/32"]))
        for address in ["10.1.2.3", "2001:db8::9"] {
            #expect(access.refusal(of: Request(variables: ["REMOTE_ADDR": address])) == nil)
            #expect(
                access.refusal(of: Request(variables: ["REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": "a"])) == nil)
        }
        #expect(access.refusal(of: Request(variables: ["REMOTE_ADDR": "127.0.0.1"])) == .stranger(address: "127.0.0.1"))
        for (text, mistake) in [
            ("10.0.0.1/8", "\"10.0.0.1/8\" has bits set after its prefix; write 10.0.0.0/8"),
            ("10.0.0.0/33", "\"10.0.0.0/33\" has an invalid prefix; write /0 to /32"),
            (
                "office",
                "\"office\" is not an address or a network; write for example 10.0.0.0/8, 2001:db8::/32 or unix"
            ),
        ] {
            #expect(throws: NetworkListError.self) { try NetworkList([text]) }
            do { _ = try NetworkList([text]) } catch { #expect("\(error)" == mistake) }
        }
    }

    @Test(
        "behind web servers, this machine needs no login, and a proxy needs one", arguments: Gate.allCases)
    func servers(gate: Gate) throws {
        let client = try DashboardSite(gate, postgres: nil).client()
        // 503: allowed, but there is no database.
        #expect(try client.get("/limits/").status == 503)
        for (name, value) in [("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1"), ("X-Real-IP", "::1")] {
            for path in ["", "health", "endpoints.json", "dashboard.css", "nope"] {
                let answer = try client.get("/limits/\(path)", headers: [name: value])
                #expect(answer.status == 403)
                #expect(answer.text.contains("came through a proxy"))
                #expect(answer.text.contains("auth_basic"))
            }
        }
        let foreign = try client.send(
            bytes: Array("GET /limits/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".utf8))
        #expect(foreign.status == 403)
        #expect(foreign.text.contains("You asked for <code>evil.example</code>"))
        #expect(try client.get("/front/").status == 403)
        #expect(try client.get("/limits/", headers: ["Remote-User": "ann", "X-Forwarded-For": "a"]).status == 403)

        #expect(try client.get("/private/").status == 401)
        #expect(try client.get("/private/", headers: ["Authorization": "Basic YW5uOndyb25n"]).status == 401)
        let login = DashboardSite.login
        #expect(try client.get("/private/", headers: ["Authorization": login]).status == 503)
        #expect(
            try client.get("/private/", headers: ["Authorization": login, "X-Forwarded-For": "203.0.113.9"]).status
                == 503)
        // Without authentication by the web server, a client's claims do not count.
        #expect(
            try client.get("/limits/", headers: ["Authorization": login, "X-Forwarded-For": "203.0.113.9"]).status
                == 403)
    }

    @Test("a flag allows other networks, and the refusal says what to configure")
    func flag() throws {
        let client = try DashboardSite(.nginx, postgres: nil, flags: ["--allow", "192.0.2.0/24,2001:db8::/32"]).client()
        let answer = try client.get("/limits/")
        #expect(answer.status == 403)
        for text in ["<code>127.0.0.1</code>", "--allow", "fastcgi_param REMOTE_USER", "Require valid-user"] {
            #expect(answer.text.contains(text))
        }
    }

    @Test("an invalid flag ends the program with one line that says what to write")
    func flags() throws {
        let program = try Program(built: "fcgi-limiter-dashboard")
        for (flags, line) in [
            (
                ["--allow", "office"],
                "Error: --allow: \"office\" is not an address or a network; write for example 10.0.0.0/8, "
                    + "2001:db8::/32 or unix"
            ),
            (["--workers", "0"], "Error: --workers \"0\" is not usable: write 1 to 64"),
            (["--socket-mode", "999"], "Error: --socket-mode \"999\" is not usable: write an octal mode like 0660"),
            (
                ["--log-level", "loud"],
                "Error: --log-level \"loud\" is not usable: write trace, debug, info, notice, warning, error or critical"
            ),
            (
                ["--listen", "here"],
                "Error: --listen: \"here\" is not a listening address: write unix:PATH, HOST:PORT, fd:N or systemd"
            ),
        ] {
            let outcome = try program.run(flags)
            #expect(outcome.status == 64)
            #expect(outcome.errors == line + "\n")
        }
        let secret = try program.run(["--postgres", "postgresql://ann:secret@[/limits"])
        #expect(secret.status == 64)
        #expect(!secret.errors.contains("secret"))
    }
}
