import Foundation
import Servers
import Testing

@Suite("What the documents show")
struct ExampleTests {
    @Test("docs/rules.md: the commands print what it says about its first rules file")
    func rules() throws {
        let document = try Document(file: "docs/rules.md")
        let folder = try TemporaryFolder()
        try folder.write(try #require(document.blocks(of: "yaml").first), to: "limits.yaml")
        let line =
            #"203.0.113.9 - - [23/Nov/2026:21:46:38 +0000] "GET /api/data HTTP/1.1" 200 84 "-" "curl/7.88.1""# + "\n"
        try folder.write(String(repeating: line, count: 15), to: "access.log")
        // Makes the store that one of the commands reads.
        let limiter = try LimiterProcess(store: "embedded:\(folder.path("limits"))")
        #expect(document.exchanges.count >= 3)
        for exchange in document.exchanges {
            let program = try Program(built: "fcgi-limiter")
            let command = exchange.command.replacing("/dev/shm/", with: folder.path(""))
            let outcome = try Program("bash", package: "bash").run(
                ["-c", "cd \(folder.path); fcgi-limiter() { \(program.path) \"$@\"; }; \(command)"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let shown = exchange.output.joined(separator: "\n")
            let printed = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.trimmingSuffix(while: \.isWhitespace) }.joined(separator: "\n")
            if shown.hasSuffix("\n…") {
                #expect(printed.hasPrefix(shown.dropLast(2)), "\(exchange.command)")
            } else {
                #expect(printed == shown, "\(exchange.command)")
            }
        }
        limiter.send(SIGTERM)
    }

    @Test("docs/configuration.md lists the flags of serve, and no others")
    func flags() throws {
        let help = try Program(built: "fcgi-limiter").run(["serve", "--help"]).text
        let flags = Set(help.matches(of: #/(?m)^  (?:-\w, )?(--[a-z-]+)/#).map { String($0.output.1) })
        let table = try Document(file: "docs/configuration.md").prose.split(separator: "\n").filter {
            $0.hasPrefix("| `--")
        }
        let listed = table.flatMap { row in
            row.split(separator: "|")[0].matches(of: #/`(--[a-z-]+)`/#).map { String($0.output.1) }
        }
        #expect(Set(listed) == flags.subtracting(["--help", "--version"]))
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> Substring {
        self[..<(lastIndex { !isDropped($0) }.map { index(after: $0) } ?? startIndex)]
    }
}
