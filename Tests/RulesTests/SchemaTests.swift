import Foundation
import Servers
import Testing

@testable import Rules

@Suite("The schema of rules files")
struct SchemaTests {
    /// A rules file as the schema judges it.
    private struct Judged: Decodable {
        let name: String
        let yaml: String
        let valid: Bool
    }

    /// What only the parser knows: names that refer to others, numbers that follow from others, other files, the inside of
    /// regular expressions and of IPv6 addresses.
    private static let beyondSchema = [
        "is no policy of this file", "is the name of the rule", "is above the limit", "always finds", "has user twice",
        "has more bits than its prefix", "out of range", "token bucket can refill", "which ignore_in_paths takes",
        "does nothing where all matching rules count", "stands twice in this mapping", "match.path_regex",
        "api_keys.file", "keys/", "is no address", "is no IPv6 address",
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

    @Test("schema and parser judge every file, and hundreds of variants, alike")
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
            case (false, nil): Issue.record("the schema refuses what works: \(file.name)\n\(file.yaml)")
            case (true, .some(let error)):
                let isBeyond = Self.beyondSchema.contains { error.description.contains($0) }
                if !isBeyond { Issue.record("the schema takes what does not work: \(file.name)\n\(error)") }
            }
        }
    }

    @Test("the files of the good folder have no mistake", arguments: ["everything.yaml", "first.yaml", "shared.yaml"])
    func good(name: String) throws {
        let (_, warnings) = try Rulebook.load(path: Repository.path("Tests/RulesTests/good/" + name))
        #expect(warnings.map(\.description) == [])
    }
}
