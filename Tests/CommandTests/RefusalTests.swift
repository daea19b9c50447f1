import Servers
import Testing

@Suite("Every command")
struct RefusalTests {
    /// Arguments, the exit status and the error.
    static let refusals: [(String, Int32, String)] = [
        ("nonsense", 64, "Unexpected argument 'nonsense'"),
        ("check", 64, "Missing expected argument '<file>'"),
        ("check a b", 64, "Unexpected argument 'b'"),
        ("check /nowhere", 1, "/nowhere: cannot be read: No such file or directory; create it, or name another file"),
        ("explain", 64, "Missing expected argument '<request>'"),
        ("explain --bogus /a", 64, "Unknown option '--bogus'"),
        ("explain a", 64, "<request> \"a\" is not usable: write for example 'POST /api/upload'"),
        ("explain /a --header k", 64, "--header \"k\" is not usable: write 'Name: value'"),
        ("explain /a --variable k", 64, "--variable \"k\" is not usable: write NAME=value"),
        ("explain /a --rules", 64, "Missing value for '--rules <rules>'"),
        (
            "explain /a --rules /nowhere", 1,
            "/nowhere: cannot be read: No such file or directory; create it, or name another file"
        ),
        ("explain /api/data --store x", 64, badStore),
        ("peek", 64, "Missing expected argument '<client>'"),
        (
            "peek nobody", 1,
            "\"nobody\" does not name a client of these rules: write address or api_key, =, and its value"
        ),
        ("peek a=b --store x", 64, badStore),
        (
            "peek address=::1 --store embedded:/proc/nowhere", 1,
            "embedded:/proc/nowhere: there is no store yet: use --store to name the one that serve uses"
        ),
        (
            "explain /api/data --store embedded:/tmp/", 1,
            "embedded:/tmp/: there is no store yet: use --store to name the one that serve uses"
        ),
        ("reset", 64, "Missing expected argument '<client>'"),
        (
            "reset adress=::1", 1,
            "\"adress=::1\" does not name a client of these rules: write address, =, and its value"
        ),
        ("reset a=b --store x", 64, badStore),
        ("reload --pid x", 64, "The value 'x' is invalid for '--pid <pid>'"),
        ("reload --pid 1", 1, "--pid 1 is not a running limiter of this user: list them with pgrep -a fcgi-limiter"),
        (
            "reload --rules /nowhere --pid 1", 1,
            "/nowhere: cannot be read: No such file or directory; create it, or name another file"
        ),
        ("replay", 64, "Missing expected argument '<logs> ...'"),
        ("replay --clients x a.log", 64, "The value 'x' is invalid for '--clients <clients>'"),
    ]

    private static let badStore = """
        --store: store "x" is not valid: write embedded:PATH, redis://HOST:PORT/DB, redis+unix:PATH, \
        redis+sentinel://HOST:PORT,…/MASTERNAME/DB or redis+cluster://HOST:PORT,…; with TLS write rediss for redis
        """

    @Test("reports an error in its arguments in one line", arguments: refusals)
    func refusal(words: String, code: Int32, line: String) throws {
        let folder = try TemporaryFolder()
        let rules = "policies: { a: { limit: 7 per minute } }\nrules: [{ count: api_key, policies: [a] }]\n"
        let outcome = try limiter(
            words.split(separator: " ").map(String.init),
            environment: ["FCGI_LIMITER_RULES": folder.write(rules, to: "limits.yaml")])
        #expect(outcome.isRefusal(code, line), "\(outcome)")
    }

    @Test(
        "reports an error in its rules file in one line",
        arguments: [
            ["check", "FILE"], ["explain", "--rules", "FILE", "/a"], ["peek", "--rules", "FILE", "a=b"],
            ["reset", "--rules", "FILE", "a=b"], ["replay", "--rules", "FILE", "-"], ["reload", "--rules", "FILE"],
        ])
    func badRules(words: [String]) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("policies:\n  a: { limit: 10 per minte }\nrules: []\n", to: "limits.yaml")
        let line = "\(path):2: policies.a.limit: \"10 per minte\" has an unknown unit of time, minte; write minute"
        let outcome = try limiter(words.map { $0 == "FILE" ? path : $0 })
        #expect(outcome.isRefusal(1, line), "\(outcome)")
    }

    @Test("takes the rules file from its variable, unless the option names one")
    func rulesVariable() throws {
        let folder = try TemporaryFolder()
        let good = try folder.write(
            "policies: { a: { limit: 7 per minute } }\nrules: [{ match: { path: /a }, policies: [a] }]\n", to: "a.yaml")
        let lines = [
            "rules[0] in line 2 counts address=127.0.0.1, cost 1",
            "  a: 7 per 60 s, sliding_window, key window:{address=127.0.0.1}:a",
        ]
        #expect(try limiter(["explain", "/a"], environment: ["FCGI_LIMITER_RULES": good]).lines == lines)
        let flag = ["explain", "/a", "--rules", good]
        #expect(try limiter(flag, environment: ["FCGI_LIMITER_RULES": "/nowhere"]).lines == lines)
    }
}
