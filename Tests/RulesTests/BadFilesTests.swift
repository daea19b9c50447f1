import Foundation
import Testing

@testable import Rules

@Suite("Mistakes in rules files")
struct BadFilesTests {
    /// A file with one mistake; its first line has the expected message, `# expect: …` for an error, `# warns: …` for a warning.
    struct BadFile: CustomTestStringConvertible, Sendable {
        let name: String
        let path: String
        let text: [UInt8]
        let expected: String

        var testDescription: String { name }
        var isError: Bool { expected.hasPrefix("# expect: ") }

        /// The actual message, in the form of the first line.
        var message: String {
            let messages: [String]
            do throws(RulesError) {
                messages = try Rulebook.parse(text, file: path).1.map { "# warns: \($0)" }
            } catch {
                messages = ["# expect: \(error)"]
            }
            return messages.joined(separator: "; ").replacing(path.dropLast(name.count), with: "")
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

    @Test("a message names the line, the field and what to write instead", arguments: files)
    func message(file: BadFile) {
        #expect(file.message == file.expected)
    }

    @Test("there are files for the various kinds of mistakes")
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
            #expect(error.location.line == nil)
        }
    }

    @Test("a value is shown on one line, with control characters escaped, and cut if it is long")
    func values() throws {
        let long = String(repeating: "x", count: 200)
        for (value, shown) in [("a\\nb\\tc", #""a\u{a}b\u{9}c""#), (long, "\"" + long.prefix(80) + "…\"")] {
            do throws(RulesError) {
                _ = try Rulebook.parse("matching: \"\(value)\"\npolicies: { p: { limit: 1/day } }".utf8, file: "l")
                Issue.record("\(value) was accepted")
            } catch {
                #expect(error.description == "l:1: matching: \(shown) is not valid here; write first or all")
            }
        }
    }
}
