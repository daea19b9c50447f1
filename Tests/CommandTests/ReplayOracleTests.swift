import Foundation
import Servers
import Testing

@Suite("replay, compared with an oracle")
struct ReplayOracleTests {
    @Test("counts 20,000 lines alike: by policy, by client, by hour and in total", arguments: [1, 2, 3])
    func agree(seed: UInt64) throws {
        try compare(GeneratedLog(lines: 20_000, clients: 8, seed: seed), Program(built: "fcgi-limiter"))
    }

    @Test("counts alike in a compressed log of virtual hosts")
    func virtualHosts() throws {
        let log = GeneratedLog(lines: 20_000, clients: 8, seed: 4)
        try compare(log, Program(built: "fcgi-limiter")) { folder in
            let lines = String(decoding: log.bytes, as: UTF8.self).split(separator: "\n").enumerated()
            let hosted = lines.map { "site\($0 % 3).example:\($0 % 2 == 0 ? 443 : 80) \($1)\n" }.joined()
            let path = try folder.write(hosted, to: "other_vhosts_access.log")
            #expect(try Program("gzip", package: "gzip").run([path]).status == 0)
            return path + ".gz"
        }
    }

    /// Compares the whole report.
    private func compare(
        _ log: GeneratedLog, _ program: Program, write: ((TemporaryFolder) throws -> String)? = nil
    ) throws {
        let folder = try TemporaryFolder()
        let path = try write?(folder) ?? folder.write(bytes: log.bytes, to: "access.log")
        let rules = try folder.write(GeneratedLog.rules, to: "limits.yaml")
        let outcome = try program.run(["replay", "--rules", rules, "--clients", "1000", path])
        #expect(outcome.errors == "")

        let oracle = log.oracle
        let sections = outcome.text.split(separator: "\n\n").map { $0.split(separator: "\n") }
        try #require(sections.count == 4)
        #expect(sections[0][0].hasPrefix("\(oracle.total.requests) requests from "))
        #expect(sections[0][1].hasPrefix("\(oracle.total.refused) would have been refused ("))
        #expect(sections[0][1].hasSuffix(" %), \(oracle.unlimited) matched no rule, 0 came from banned clients"))
        #expect(try rows(sections[1]) == oracle.policies)
        #expect(try rows(sections[2]) == oracle.clients.filter { $0.value.refused > 0 })
        let hours = sections[3].dropFirst().map { ($0.prefix(19), Int($0.split(separator: " ").last ?? "")) }
        #expect(Dictionary(uniqueKeysWithValues: hours.map { (String($0.0), $0.1) }) == oracle.hours.mapValues { $0 })
        // The comparison means little if a policy refuses nearly nothing or nearly everything.
        for (name, row) in oracle.policies {
            let some = row.requests / 100
            #expect((some...row.requests - some).contains(row.refused), "\(name): \(row)")
        }
    }

    /// The rows of a table, without its header.
    private func rows(_ lines: [Substring]) throws -> [String: ReplayOracle.Row] {
        let pairs = try lines.dropFirst().map { line in
            let words = line.split(separator: " ").map(String.init)
            let numbers = words.dropFirst().prefix(2).compactMap { Int($0) }
            try #require(numbers.count == 2 && (words.count == 3 || words.count == 7), "\(line)")
            let row = ReplayOracle.Row(
                requests: numbers[0], refused: numbers[1], first: words.dropFirst(3).prefix(2).joined(separator: " "),
                last: words.dropFirst(5).joined(separator: " "))
            return (words[0], row)
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}
