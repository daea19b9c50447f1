import Foundation
import Servers
import Testing

@Suite("ARCHITECTURE.md")
struct ArchitectureTests {
    @Test("each term of the vocabulary is in use")
    func vocabulary() throws {
        let terms = try section("Vocabulary").split(separator: "\n").compactMap { line in
            line.wholeMatch(of: #/\| (.+?) \|.*/#).map { $0.output.1.lowercased() }
        }.filter { $0 != "term" && !$0.hasPrefix("--") }
        #expect(terms.count > 15)
        let root = Template.path("Sources")
        let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        let text = try names.filter { $0.hasSuffix(".swift") }.map {
            try String(contentsOfFile: "\(root)/\($0)", encoding: .utf8).lowercased()
        }.joined()
        // As words of a comment, or as a name in camel case.
        let unused = terms.filter { !text.contains($0) && !text.contains($0.replacing(" ", with: "")) }
        #expect(unused == [])
    }

    @Test("each of the five paths has at most eight lines, and each step begins with a file")
    func paths() throws {
        let paths = try section("Five paths").split(separator: "\n**").filter { $0.contains("\n1. ") }
            .map { $0.split(separator: "\n").dropFirst() }
        #expect(paths.count == 5)
        for lines in paths {
            #expect((1...8).contains(lines.count))
            for step in lines where !step.hasPrefix("   ") {
                #expect(step.contains(#/^\d\. `(Sources|Tests)\//#), "\(step)")
            }
        }
    }

    /// The text below a heading.
    private func section(_ heading: String) throws -> String {
        let sections = try Document(file: "ARCHITECTURE.md").text.split(separator: "\n## ")
        let section = try #require(sections.first { $0.hasPrefix(heading + "\n") })
        return String(section.dropFirst(heading.count))
    }
}
