import Foundation
import Servers
import Testing

@Suite("What the documents show")
struct ExampleTests {
    @Test("docs/rules.md: each rules file is valid, and the commands after it print what it shows")
    func rules() throws {
        let document = try Document(file: "docs/rules.md")
        let folder = try TemporaryFolder()
        let line =
            #"203.0.113.9 - - [23/Nov/2026:21:46:38 +0000] "GET /api/data HTTP/1.1" 200 84 "-" "curl/7.88.1""# + "\n"
        try folder.write(String(repeating: line, count: 15), to: "access.log")
        chmod(try folder.write(String(repeating: "s", count: 32), to: "fingerprints.secret"), 0o600)
        // Makes the store that one of the commands reads.
        let limiter = try LimiterProcess(store: "embedded:\(folder.path("limits"))")
        #expect(document.exchanges.count >= 15)
        for block in document.blocks {
            switch block.language {
            case "text":
                // Digests, which everybody may read.
                try folder.write(block.text, to: "keys.txt")
            case "yaml":
                let path = try folder.write(block.text, to: "limits.yaml")
                let outcome = try Program(built: "fcgi-limiter").run(["check", "--strict", "--user", "root", path])
                #expect(outcome.status == 0, "\(outcome.errors)")
            default:
                for exchange in Document(text: "```console\n\(block.text)```\n").exchanges {
                    try Self.expectOutput(of: exchange, in: folder)
                }
            }
        }
        limiter.send(SIGTERM)
    }

    private static func expectOutput(of exchange: Document.Exchange, in folder: TemporaryFolder) throws {
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

    @Test("docs/rules.md has every key of limits.schema.json in an example, and every value that a key can have")
    func keys() throws {
        let document = try Document(file: "docs/rules.md")
        let schema = try JSONSerialization.jsonObject(with: Data(try Template(file: "limits.schema.json").text.utf8))
        let shown = Set(document.blocks(of: "yaml").joined().matches(of: #/([a-z_0-9]+):/#).map { String($0.output.1) })
        let keys = Self.values(of: "properties", in: schema).compactMap { $0 as? [String: Any] }.flatMap(\.keys)
        #expect(keys.count > 25)
        #expect(Set(keys).subtracting(shown) == [])
        let words = Set(document.text.matches(of: #/[\w.-]+/#).map { String($0.output) })
        let values = Self.values(of: "enum", in: schema).compactMap { $0 as? [String] }.filter { !$0.contains("GET") }
        #expect(Set(values.joined()).subtracting(words) == [])
    }

    /// All values that a JSON document has under a name.
    private static func values(of name: String, in json: Any) -> [Any] {
        switch json {
        case let object as [String: Any]:
            object.flatMap { key, value in (key == name ? [value] : []) + values(of: name, in: value) }
        case let list as [Any]: list.flatMap { values(of: name, in: $0) }
        default: []
        }
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
