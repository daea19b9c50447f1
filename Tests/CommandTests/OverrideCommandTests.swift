import Foundation
import Servers
import Testing

@Suite("The commands ban, unban, exempt and override")
struct OverrideCommandTests {
    private let folder: TemporaryFolder
    private let common: [String]

    init() throws {
        folder = try TemporaryFolder()
        let rules = """
            banned: [198.51.100.7]
            policies:
              data: { limit: 3 per day }
            rules:
              - { match: { path: /api/data }, count: api_key or address, policies: [data] }

            """
        let store = "embedded:\(folder.path("store"))"
        common = ["--rules", try folder.write(rules, to: "limits.yaml"), "--store", store]
        // `peek` and the like create no store.
        _ = try LimiterProcess(store: store)
    }

    private func run(_ words: String...) throws -> Program.Outcome {
        try limiter(words + common, environment: ["SUDO_USER": "alice"])
    }

    /// The text with `…` for each time.
    private func withoutTimes(_ text: String) -> String {
        text.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, with: "…")
    }

    @Test("a ban is printed, listed, seen by peek and explain, and ended")
    func ban() throws {
        let ban = "address=203.0.113.9: banned until … by alice: too fast"
        #expect(withoutTimes(try run("ban", "203.0.113.9", "--for", "10m", "--reason", "too fast").text) == ban)
        #expect(withoutTimes(try limiter(["override", "list"] + common.suffix(2)).text) == ban)
        let seen = "banned: address=203.0.113.9 is under an override: \(ban); the answer is 403"
        #expect(withoutTimes(try run("peek", "address=203.0.113.9").text) == seen)
        #expect(withoutTimes(try run("explain", "/api/data", "--address", "203.0.113.9").text) == seen)
        #expect(try run("peek", "address=203.0.113.8").text == "data: 3 of 3 left")
        #expect(withoutTimes(try run("unban", "address=203.0.113.9").text) == "ended \(ban)")
        #expect(try run("peek", "address=203.0.113.9").text == "data: 3 of 3 left")
        let again = try run("unban", "address=203.0.113.9")
        #expect(
            again.isRefusal(
                1, "address=203.0.113.9 has no ban: fcgi-limiter override list prints what is in force"))
        #expect(try limiter(["override", "list"] + common.suffix(2)).text.isEmpty)
    }

    @Test("another limit is seen by peek and explain")
    func limit() throws {
        let line = "data limited to 70 until … by alice: a launch"
        let set = try run(
            "override", "set", "203.0.113.0/24", "data", "--limit", "70", "--for", "1h", "--reason", "a launch")
        #expect(withoutTimes(set.text) == "203.0.113.0/24: \(line)")
        #expect(
            withoutTimes(try run("peek", "address=203.0.113.9").text)
                == "override: 203.0.113.0/24: \(line)\ndata: 70 of 70 left")
        let explained = withoutTimes(try run("explain", "/api/data", "--address", "203.0.113.9").text)
        #expect(explained.contains("  data: 70 per 86400 s, sliding_window, key "))
        #expect(explained.contains("\n    override: 203.0.113.0/24: \(line)\n    70 of 70 left"))
        // Another limit takes the place of the first.
        let second = try run(
            "override", "set", "203.0.113.0/24", "data", "--limit", "80", "--for", "1h", "--reason", "r")
        #expect(
            withoutTimes(second.text)
                == "ended 203.0.113.0/24: \(line)\n203.0.113.0/24: data limited to 80 until … by alice: r")
        #expect(try run("override", "remove", "203.0.113.0/24", "other").status == 1)
        #expect(try run("override", "remove", "203.0.113.0/24").status == 0)
        #expect(try run("peek", "address=203.0.113.9").text == "data: 3 of 3 left")
    }

    @Test("an exemption takes precedence over the ban list of the rules")
    func exempt() throws {
        #expect(try run("peek", "address=198.51.100.7").text.contains("is on the ban list; the answer is 403"))
        #expect(try run("exempt", "198.51.100.7", "--for", "1h", "--reason", "a partner").status == 0)
        #expect(
            withoutTimes(try run("explain", "/api/data", "--address", "198.51.100.7").text)
                == "unlimited: address=198.51.100.7 is under an override: "
                + "address=198.51.100.7: exempt until … by alice: a partner")
    }

    @Test(
        "a mistake is one line",
        arguments: [
            (
                ["ban", "203.0.113.9", "--for", "0m", "--reason", "r"], 64,
                "--for \"0m\" is not usable: write a time up to 366 days"
            ),
            (["ban", "203.0.113.9", "--for", "10", "--reason", "r"], 64, "--for \"10\" is not usable: write a time"),
            (
                ["ban", "203.0.113.9", "--for", "1m", "--reason", "a\u{7}b"], 1,
                "the reason is not valid: write one line of 1 to 200 bytes"
            ),
            (["ban", "all", "--for", "1m", "--reason", "r"], 1, "no rule counts everyone together"),
            (
                ["ban", "0.0.0.0/0", "--for", "1m", "--reason", "r"], 1,
                "0.0.0.0/0 contains every address: name a smaller network"
            ),
            (
                ["override", "set", "203.0.113.9", "dat", "--limit", "1", "--for", "1m", "--reason", "r"], 1,
                "the rules have no policy \"dat\": write data"
            ),
            (
                ["override", "set", "203.0.113.9", "data", "--limit", "0", "--for", "1m", "--reason", "r"], 1,
                "policy data: limit 0 "
            ),
        ] as [([String], Int32, String)])
    func mistakes(words: [String], status: Int32, message: String) throws {
        let outcome = try limiter(words + common)
        #expect(outcome.status == status)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test("each action is in the audit trail of the database that is named, and works while that is down")
    func audit() throws {
        let server = try PostgresServer()
        let database = ["--postgres", server.location]
        #expect(try limiter(["migrate"] + database).status == 0)
        func act(_ words: String...) throws -> Program.Outcome {
            try limiter(words + common + database, environment: ["SUDO_USER": "alice"])
        }
        #expect(try act("ban", "203.0.113.9", "--for", "1h", "--reason", "a").errors.isEmpty)
        #expect(try act("exempt", "203.0.113.9", "--for", "1h", "--reason", "b").errors.isEmpty)
        #expect(try act("override", "remove", "203.0.113.9", "--reason", "c").errors.isEmpty)
        #expect(
            try act("reset", "203.0.113.0/30", "--reason", "d").text
                == "reset 203.0.113.0/30: 0 of 4 policies had counted it")
        let columns = "actor, via, action, client, reason, until is not null, cardinality(ended)"
        #expect(
            try server.query("select \(columns) from limiter.audit order by id") == """
                alice|command|ban|address=203.0.113.9|a|t|0
                alice|command|exempt|address=203.0.113.9|b|t|1
                alice|command|remove|address=203.0.113.9|c|f|1
                alice|command|reset|203.0.113.0/30|d|f|0
                """)
        server.stop()
        let outcome = try act("ban", "203.0.113.9", "--for", "1h", "--reason", "a")
        #expect(outcome.status == 0)
        #expect(outcome.errors.hasPrefix("Warning: no audit row was written: postgresql://"))
        #expect(try run("peek", "address=203.0.113.9").text.hasPrefix("banned: "))
        #expect(
            try run("unban", "203.0.113.9").errors == "audit: none, because no database is named: use --postgres\n")
    }

    @Test("a network is reset if it has at most 65,536 clients")
    func resetNetwork() throws {
        #expect(
            try run("reset", "10.0.0.0/15").isRefusal(
                1, "10.0.0.0/15 has more than 65536 clients: name a smaller network"))
        #expect(try run("reset", "10.0.0.0/16").text == "reset 10.0.0.0/16: 0 of 65536 policies had counted it")
        #expect(try run("reset", "2001:db8::/56").text == "reset 2001:db8::/56: 0 of 256 policies had counted it")
    }
}
