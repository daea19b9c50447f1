import Foundation
import Testing

@testable import Rules

@Suite("Mistakes in rules files")
struct BadFilesTests {
    /// A file with one mistake; its first line says the message: `# expect: …` of an error, `# warns: …` of a warning.
    struct BadFile: CustomTestStringConvertible, Sendable {
        let name: String
        let path: String
        let text: [UInt8]
        let expected: String

        var testDescription: String { name }
        var isError: Bool { expected.hasPrefix("# expect: ") }

        /// The remark on it as its first line says it.
        var remark: String {
            let remarks: [String]
            do throws(RulesError) {
                remarks = try Rulebook.parse(text, file: path).1.map { "# warns: \($0)" }
            } catch {
                remarks = ["# expect: \(error)"]
            }
            return remarks.joined(separator: "; ").replacing(path.dropLast(name.count), with: "")
        }
    }

    static let files: [BadFile] = {
        let folder = Repository.path("Tests/RulesTests/bad") + "/"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.sorted().map { name in
            let text = FileManager.default.contents(atPath: folder + name).map { Array($0) } ?? []
            let line = String(decoding: text.prefix { $0 != 0x0A }, as: UTF8.self)
            return BadFile(name: name, path: folder + name, text: text, expected: line)
        }
    }()

    @Test("each is named with its line, its place and what to write instead", arguments: files)
    func message(file: BadFile) {
        #expect(file.remark == file.expected)
    }

    @Test("there is a file for every kind of mistake")
    func count() {
        #expect(Self.files.count >= 100)
    }
}

@Suite("Rules files that cannot be read")
struct UnreadableFilesTests {
    @Test(
        "the message has the file, the reason and the remedy",
        arguments: [
            ("/nonexistent/limits.yaml", "cannot be read: No such file or directory; create it, or name another file"),
            ("/tmp", "cannot be read: Is a directory; name another file"),
        ])
    func message(path: String, message: String) {
        do throws(RulesError) {
            _ = try Rulebook.load(path: path)
            Issue.record("\(path) was loaded")
        } catch {
            #expect(error.description == "\(path): \(message)")
            #expect(error.place.line == nil)
        }
    }

    @Test("a value is shown in one line, without control characters, and cut where it is long")
    func values() throws {
        let long = String(repeating: "x", count: 200)
        for (value, shown) in [("a\\nb\\tc", #""a\u{a}b\u{9}c""#), (long, "\"" + long.prefix(80) + "…\"")] {
            do throws(RulesError) {
                _ = try Rulebook.parse("matching: \"\(value)\"\npolicies: { p: { limit: 1/day } }".utf8, file: "l")
                Issue.record("\(value) was accepted")
            } catch {
                #expect(error.description == "l:1: matching \(shown): is not known here; write first or all")
            }
        }
    }
}
