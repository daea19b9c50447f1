import Cases
import Testing

@testable import Rules

@Suite("Regular expressions in one pass")
struct ExpressionTests {
    @Test(
        "an expression matches any part of a path",
        arguments: [
            ("^/v[0-9]+/", "/v12/users", true),
            ("^/v[0-9]+/", "/x/v12/", false),
            ("^/v[0-9]+/", "/v/users", false),
            ("\\.php$", "/index.php", true),
            ("\\.php$", "/index.php/x", false),
            ("\\.php", "/index.php/x", true),
            ("a.c", "/abc", true),
            ("a.c", "/a\nc", true),
            ("^/(a|bc|)$", "/", true),
            ("^/(a|bc|)$", "/bc", true),
            ("^/(a|bc|)$", "/b", false),
            ("^/(?:ab)*$", "/abab", true),
            ("^/(?:ab)*$", "/aba", false),
            ("^/a{2,3}$", "/a", false),
            ("^/a{2,3}$", "/aaa", true),
            ("^/a{2,3}$", "/aaaa", false),
            ("^/a{2}$", "/aa", true),
            ("^/a{2,}$", "/aaaaaa", true),
            ("^/a{0}b$", "/b", true),
            ("^/[^/]+$", "/abc", true),
            ("^/[^/]+$", "/a/c", false),
            ("^/[]a]$", "/]", true),
            ("^/[a-]$", "/-", true),
            ("^/[\\d-]$", "/-", true),
            ("^/[\\]x]$", "/]", true),
            ("^/\\w\\d\\s$", "/a1 ", true),
            ("^/\\W\\D\\S$", "/-a-", true),
            ("^/é?$", "/é", true),
            ("^/é?$", "/", true),
            ("^/é?$", "/\u{c3}", false),
            ("(?i)^/API$", "/api", true),
            ("^/API$", "/api", false),
            ("(?i)^/[^a]$", "/A", false),
            ("a|^b$", "xxa", true),
            ("a|^b$", "xb", false),
            ("", "/anything", true),
            ("$^", "/", false),
            ("^/a*?b+?$", "/aab", true),
        ])
    func matches(expression: String, path: String, expected: Bool) throws {
        #expect(try Automaton(expression, ignoresCase: false).matches(bytes(path)) == expected)
    }

    @Test(
        "unsupported syntax is reported",
        arguments: [
            ("(a", "has a ( without a )"), ("a)", "has a ) without a ("), ("[a", "has a [ without a ]"),
            ("*a", "with nothing before it"), ("a**", "repeats a repetition"), ("a{2}{3}", "repeats a repetition"),
            ("a{3,2}", "has a {"), ("a{999}", "has a {"), ("(?=a)", "unsupported group"),
            ("(a)\\1", "unsupported escape \\1"),
            ("\\bword", "unsupported escape \\b"), ("[z-a]", "reversed range"), ("[é]", "only ASCII"),
            ("a\\", "backslash"),
            ("[[:alpha:]]", "[: :]"), ("((((a{99}){99}){99}){99})", "too many states"),
            ("(a|b)*a(a|b){20}", "too many states"), ("((((){255}){255}){255}){255}", "too many states"),
            (String(repeating: "(", count: 60) + String(repeating: ")", count: 60), "nests parentheses"),
        ])
    func mistakes(expression: String, message: String) {
        do throws(ParseError) {
            _ = try Automaton(expression, ignoresCase: false)
            Issue.record("\(expression) was accepted")
        } catch {
            #expect(error.message.contains(message), "\(error.message)")
        }
    }

    @Test("expressions on which backtracking engines hang take one pass")
    func noBacktracking() throws {
        let path = bytes("/" + String(repeating: "a", count: 100_000) + "!")
        for expression in ["^/(a+)+$", "^/(a|a)*$", "^/(a|aa)+$", "^/(.*a){12}$", "^/a*a*a*a*a*a*a*b"] {
            #expect(try !Automaton(expression, ignoresCase: false).matches(path))
        }
    }

    @Test("random expressions match what the standard library's Regex matches", arguments: SeededGenerator.seeds(1))
    func againstTheStandardLibrary(seed: UInt64) throws {
        var numbers = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            let expression = Self.expression(depth: 4, &numbers)
            let regex = try Regex(expression)
            let automaton = try Automaton(expression, ignoresCase: false)
            for _ in 0..<10 {
                let path = String(
                    (0..<Int.random(in: 1...8, using: &numbers)).map { _ in
                        "abc".randomElement(using: &numbers) ?? "a"
                    })
                let expected = try regex.firstMatch(in: path) != nil
                #expect(automaton.matches(bytes(path)) == expected, "\(expression) on \(path)")
            }
        }
    }

    private static func expression(depth: Int, _ numbers: inout SeededGenerator) -> String {
        let inner = { (numbers: inout SeededGenerator) in expression(depth: depth - 1, &numbers) }
        switch depth == 0 ? 0 : Int.random(in: 0...8, using: &numbers) {
        case 1: return inner(&numbers) + inner(&numbers)
        case 2: return "(?:" + inner(&numbers) + "|" + inner(&numbers) + ")"
        case 3: return "(" + inner(&numbers) + ")*"
        case 4: return "(" + inner(&numbers) + ")?"
        case 5: return "(" + inner(&numbers) + "){1,2}"
        case 6: return "(^" + inner(&numbers) + ")"
        case 7: return "(" + inner(&numbers) + "$)"
        case 8: return "[^b]"
        default: return ["a", "b", ".", "[ab]", ""].randomElement(using: &numbers) ?? ""
        }
    }
}
