import Cases
import Testing

@testable import Rules

@Suite("Finding the rules of a path")
struct PathTrieTests {
    private static let patterns = [
        "/api/data", "/api/**", "/users/*/orders", "/users/me/orders", "/users/*/**", "/**", "/*", "/caf%C3%A9/%2A",
        "/a-segment-longer-than-eight/x", "/a-segment-longer-than-eighty/x",
    ]

    @Test(
        "a path finds the patterns that match it",
        arguments: [
            ("/api/data", [0, 1, 5]),
            ("/api", [1, 5, 6]),
            ("/api/data/x", [1, 5]),
            ("/apis/data", [5]),
            ("/users/7/orders", [2, 4, 5]),
            ("/users/me/orders", [2, 3, 4, 5]),
            ("/users/me", [4, 5]),
            ("/users", [5, 6]),
            ("/users/me/orders/9", [4, 5]),
            ("/", [5]),
            ("/x", [5, 6]),
            ("/caf%c3%a9/*", [5, 7]),
            ("/caf%c3%a9/x", [5]),
            ("/a-segment-longer-than-eight/x", [5, 8]),
            ("/a-segment-longer-than-eighty/x", [5, 9]),
            ("/a-segment-longer-than-eighx/x", [5]),
        ])
    func found(path: String, expected: [Int]) throws {
        let trie = try Self.trie(Self.patterns)
        #expect(Self.rules(of: path, in: trie) == expected)
    }

    @Test("among 10,000 rules each path finds its own, and other paths find none")
    func many() throws {
        let trie = try Self.trie((0..<10_000).map { "/v\($0 % 7)/item\($0)/**" })
        for index in 0..<10_000 {
            #expect(Self.rules(of: "/v\(index % 7)/item\(index)/x", in: trie) == [index])
        }
        #expect(Self.rules(of: "/v1/item0/x", in: trie) == [])
        #expect(Self.rules(of: "/v0/item10000/x", in: trie) == [])
    }

    @Test("a lookup among random patterns finds what trying each pattern finds", arguments: SeededGenerator.seeds(1))
    func againstOneByOne(seed: UInt64) throws {
        var numbers = SeededGenerator(seed: seed)
        let segments = ["a", "b", "ab", "a-longer-segment", "a-longer-segmenu"]
        for _ in 0..<200 {
            let patterns = (0..<20).map { _ in
                let front = (0..<Int.random(in: 1...4, using: &numbers)).map { _ in
                    Bool.random(using: &numbers) ? "*" : segments.randomElement(using: &numbers) ?? ""
                }
                return "/" + (front + (Bool.random(using: &numbers) ? ["**"] : [])).joined(separator: "/")
            }
            let trie = try Self.trie(patterns)
            for _ in 0..<20 {
                let path = (0..<Int.random(in: 0...5, using: &numbers)).map { _ in
                    segments.randomElement(using: &numbers) ?? ""
                }
                let expected = patterns.indices.filter { Self.matches(patterns[$0], path) }
                #expect(
                    Self.rules(of: "/" + path.joined(separator: "/"), in: trie) == expected, "\(patterns), \(path)")
            }
        }
    }

    /// Whether a pattern matches, decided without a tree.
    private static func matches(_ pattern: String, _ path: [String]) -> Bool {
        var parts = pattern.split(separator: "/").map(String.init)
        let isOpen = parts.last == "**"
        if isOpen { parts.removeLast() }
        guard isOpen ? path.count >= parts.count : path.count == parts.count else { return false }
        return zip(parts, path).allSatisfy { $0 == "*" || $0 == $1 }
    }

    private static func trie(_ patterns: [String]) throws -> PathTrie {
        PathTrie(try patterns.enumerated().map { (try PathPattern($1, []), rule: $0) })
    }

    private static func rules(of path: String, in trie: PathTrie) -> [Int] {
        var found: [Int] = []
        trie.visit(RequestPath(bytes(path))) { found += trie.members[$0].map { Int($0) } }
        return found.sorted()
    }
}
