import Foundation
import Servers
import Testing

@testable import Rules

@Suite("The schema of rules files")
struct SchemaTests {
    /// What the schema says about a rules file.
    private struct Judged: Decodable {
        let name: String
        let yaml: String
        let valid: Bool
    }

    /// Mistakes that only the parser finds: in references between names, in numbers that depend on others, in other files,
    /// and within regular expressions and IPv6 addresses.
    private static let beyondSchema = [
        "is not a policy of this file", "is already the name", "exceeds the limit", "which every request has",
        "names user twice", "has bits set after its prefix", "out of range", "token bucket can refill",
        "which ignore_in_paths removes", "has no effect with matching: all", "appears twice in this mapping",
        "match.path_regex", "api_keys.file", "fingerprints.secret_file", "keys/", "is not an address",
        "is not an IPv6 address", "ends before it begins", "at once", "is a second header",
    ]

    private static func judged() throws -> [Judged] {
        let folder = Repository.path("Tests/RulesTests")
        let outcome = try Program("python3", package: "python3").run([
            folder + "/schema/judge.py", Repository.path("limits.schema.json"), folder + "/good", folder + "/bad",
            Repository.path(""), Repository.path("Sources/Rules"),
        ])
        guard outcome.status == 0 else { throw Failure(description: outcome.errors) }
        return try outcome.text.split(separator: "\n").map { line in
            try JSONDecoder().decode(Judged.self, from: Data(line.utf8))
        }
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    @Test("schema and parser agree on every file and on hundreds of variants")
    func alike() throws {
        let judged = try Self.judged()
        #expect(judged.count > 1_000)
        let folder = Repository.path("Tests/RulesTests/bad") + "/"
        for file in judged {
            var error: RulesError?
            do throws(RulesError) {
                _ = try Rulebook.parse(file.yaml.utf8, file: folder + file.name)
            } catch let mistake {
                error = mistake
            }
            switch (file.valid, error) {
            case (true, nil), (false, .some): break
            case (false, nil): Issue.record("the schema rejects a valid file: \(file.name)\n\(file.yaml)")
            case (true, .some(let error)):
                let isBeyond = Self.beyondSchema.contains { error.description.contains($0) }
                if !isBeyond { Issue.record("the schema accepts an invalid file: \(file.name)\n\(error)") }
            }
        }
    }

    @Test("the files in the folder good have no mistakes", arguments: ["everything.yaml", "first.yaml", "shared.yaml"])
    func good(name: String) throws {
        let (_, warnings) = try Rulebook.load(path: Repository.path("Tests/RulesTests/good/" + name))
        #expect(warnings.map(\.description) == [])
    }
}
