import Foundation
import Testing

@Suite("The example of a limited route")
struct RouteExampleTests {
    @Test("the route answers 30 times, then refuses with the seconds to wait, and answers again after them")
    func thirty() throws {
        let search = try #require(try routes()["/api/search"])
        let request = Request(address: "203.0.113.9", query: "swift")
        for _ in 0..<30 { #expect(search(request, now: 0) == Response(status: 200, body: "results for swift")) }
        #expect(search(request, now: 0) == Response(status: 429, retryAfter: 2))
        #expect(search(request, now: 1_000_001) == Response(status: 429, retryAfter: 1))
        #expect(search(Request(address: "203.0.113.10", query: "c"), now: 0).status == 200)
        #expect(search(request, now: 2_000_000).status == 200)
        #expect(search(request, now: 2_000_000).status == 429)
    }

    @Test(
        "the documents show it as it is", arguments: ["docs/library.md", "Sources/Limiters/Limiters.docc/Limiters.md"])
    func document(path: String) throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let root = tests.deletingLastPathComponent().deletingLastPathComponent()
        let example = try lines(tests.appendingPathComponent("RouteExample.swift"))
        let document = try lines(root.appendingPathComponent(path))
        let code = try #require(
            between("// The example begins", "// The example ends", example),
            "RouteExample.swift has lost its two marks")
        let shown = try #require(between("```swift", "```", document), "\(path) has no block of Swift")
        let isSame = shown.filter { !$0.isEmpty } == code.filter { !$0.isEmpty }
        #expect(isSame, "\(path) differs from RouteExample.swift: copy what is between its marks")
    }

    private func lines(_ file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
    }

    /// The lines after the first that equals `begin`, up to the next that equals `end`; `nil` if one of them is missing.
    private func between(_ begin: String, _ end: String, _ lines: [String]) -> [String]? {
        guard let first = lines.firstIndex(of: begin) else { return nil }
        guard let last = lines[(first + 1)...].firstIndex(of: end) else { return nil }
        return Array(lines[(first + 1)..<last])
    }
}
