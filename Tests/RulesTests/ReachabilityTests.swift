import Cases
import Limiters
import Testing

@testable import Rules

@Suite("Unreachable rules")
struct ReachabilityTests {
    private static func warnings(_ rules: String, _ front: String = "") throws -> [RulesWarning] {
        let text = front + "policies: { p: { limit: 1 per second } }\nrules:\n" + rules
        return try Rulebook.parse(text.utf8, file: "limits.yaml").1
    }

    @Test(
        "a rule that an earlier one covers causes a warning, one that is covered in part does not",
        arguments: [
            ("path: /a", "path: /a", true),
            ("path: /a/**", "path: /a", true),
            ("path: /a/**", "path: /a/b/*", true),
            ("path: /**", "path_regex: x", true),
            ("path: /a/*", "path: /a/b", true),
            ("path: /*/b", "path: /a/b", true),
            ("path: [/a, /b]", "path: /b", true),
            ("path: [/a, /b]", "path: [/a, /b/c]", false),
            ("path: /a/*", "path: /a/**", false),
            ("path: /a/b", "path: /a/*", false),
            ("path: /a/b/**", "path: /a/**", false),
            ("path: /a", "path: /ab", false),
            ("method: [GET, POST]", "method: GET", true),
            ("method: GET", "method: HEAD", true),
            ("method: HEAD", "method: GET", false),
            ("method: GET", "path: /a", false),
            ("host: \"*.a.org\"", "host: [x.a.org, \"*.y.a.org\"]", true),
            ("host: \"*.a.org\"", "host: [x.a.org, a.org]", false),
            ("header: { A: x }", "header: { A: x, B: y }", true),
            ("header: { A: \"*\" }", "header: { A: x }", true),
            ("header: { A: x }", "header: { A: \"*\" }", false),
            ("header: { A: x }", "query: { A: x }", false),
            ("query: { a: 1 }", "query: { a: 1 }, path: /x", true),
            ("address: [10.0.0.0/9, 10.128.0.0/9]", "address: 10.0.0.0/8", true),
            ("address: 10.0.0.0/9", "address: 10.0.0.0/8", false),
            ("path_regex: a+", "path_regex: a+, method: GET", true),
            ("path_regex: a+", "path_regex: aa+", false),
        ])
    func pairs(earlier: String, later: String, isCovered: Bool) throws {
        let rules = "  - { match: { \(earlier) }, policies: [p] }\n  - { match: { \(later) }, policies: [p] }\n"
        let warnings = try Self.warnings(rules)
        #expect(warnings.map(\.location.path) == (isCovered ? ["rules[1]"] : []))
        #expect(try Self.warnings(rules, "matching: all\n") == [])
    }

    @Test("no request meets a rule that is reported as unreachable", arguments: SeededGenerator.seeds(1))
    func never(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        func random(_ texts: String...) -> String { texts.randomElement(using: &generator) ?? "" }
        for _ in 0..<300 {
            let rules = (0..<8).map { _ in
                let path = random("/a", "/a/**", "/a/*", "/*/b", "/**", "/a/b", "/*", "[/a, /b/**]")
                let rest = random("", "", ", method: GET", ", method: [GET, POST]", ", query: { x: 1 }", ", host: h")
                return "  - { match: { path: \(path)\(rest) }, policies: [p] }\n"
            }
            let text = "policies: { p: { limit: 1 per second } }\nrules:\n" + rules.joined()
            let (rulebook, warnings) = try Rulebook.parse(text.utf8, file: "limits.yaml")
            var met: Set<String> = []
            for path in ["/", "/a", "/b", "/a/b", "/c/b", "/b/c/d", "/a/b/c"] {
                for method in ["GET", "HEAD", "POST", "PUT"] {
                    for rest in ["", "?x=1"] {
                        for host in ["h", "i"] {
                            let facts = SampleRequest(
                                method: method, target: path + rest, address: "203.0.113.9", headers: ["Host": host])
                            met.formUnion(rulebook.match(for: facts).ruleIndices.map { "rules[\($0)]" })
                        }
                    }
                }
            }
            try #require(met.isDisjoint(with: warnings.map(\.location.path)), "\(text)")
        }
    }
}
