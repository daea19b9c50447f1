import Glibc
import Servers
import Testing

@Suite("check")
struct CheckTests {
    private static let good = """
        policies:
          a: { limit: 10 per minute }
          b: { limit: 10 per minute }
        rules:
          - { match: { path: /a }, policies: [a] }

        """

    @Test("prints the numbers of rules and policies in a valid file", arguments: [[], ["--strict"]])
    func usable(flags: [String]) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.good.replacing("[a]", with: "[a, b]"), to: "limits.yaml")
        let outcome = try limiter(["check", path] + flags)
        #expect(outcome.lines == ["\(path): 1 rule, 2 policies, 0 warnings"])
        #expect(outcome.errors == "")
    }

    @Test("prints each warning in a line and accepts the file, unless --strict")
    func warnings() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.good, to: "limits.yaml")
        let line = "\(path):3: policies: \"b\" is not used by any rule; use it in a rule"
        for (flags, status) in [([], 0), (["--strict"], 1)] as [([String], Int32)] {
            let outcome = try limiter(["check", path] + flags)
            #expect(outcome.status == status)
            #expect(outcome.text == "\(path): 1 rule, 2 policies, 1 warning")
            #expect(outcome.errors == "warning: \(line)\n")
        }
    }

    @Test("says which variables nginx sends only with an include")
    func include() throws {
        let folder = try TemporaryFolder()
        let text = """
            policies: { a: { limit: 10 per minute } }
            rules: [{ match: { host: example.com }, policies: [a] }]
            """
        let path = try folder.write(text, to: "limits.yaml")
        #expect(
            try limiter(["check", path]).lines == [
                "\(path): 1 rule, 1 policy, 0 warnings",
                "nginx needs an include for HTTP_HOST, SERVER_NAME: see fcgi-limiter check --nginx \(path)",
                "rules with host apply to no other host name: close the web server's default site",
            ])
    }

    @Test("a key file that the limiter's user cannot read is an error, also for root")
    func unreadableKeys() throws {
        let folder = try TemporaryFolder()
        let text = "api_keys: { file: keys.txt }\n" + Self.good.replacing("[a]", with: "[a, b]")
        let path = try folder.write(text, to: "limits.yaml")
        let isRoot = geteuid() == 0
        chmod(try folder.write("alice\n", to: "keys.txt"), isRoot ? 0o600 : 0)
        let refused = try limiter(["check", path])
        let reason = "cannot be read: Permission denied; let the limiter's user read it"
        #expect(refused.isRefusal(1, "\(path):1: api_keys.file: \"keys.txt\" \(reason)"))
        guard isRoot else { return }
        #expect(try limiter(["check", "--user", "root", path]).status == 0)
        let unknown = try limiter(["check", "--user", "nobody-else", path])
        #expect(
            unknown.isRefusal(1, "--user: \"nobody-else\" is not a user of this machine; write the limiter's user"))
    }
}
