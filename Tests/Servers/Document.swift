import Foundation

/// A Markdown text: its fenced blocks, the commands that they show, and what the prose refers to.
public struct Document: Sendable {
    /// A fenced block.
    public struct Block: Sendable {
        /// The word after the opening fence; empty without one.
        public let language: String
        /// The lines between the fences, each with its line end.
        public let text: String
    }

    /// A command of a `console` block and the output that the block shows for it.
    public struct Exchange: Sendable {
        /// The command, without its prompt.
        public let command: String
        /// The lines of output.
        public fileprivate(set) var output: [String] = []
    }

    /// The whole text.
    public let text: String
    /// All fenced blocks, in order.
    public let blocks: [Block]
    /// The text outside of fenced blocks.
    public let prose: String

    /// Parses a text.
    public init(text: String) {
        self.text = text
        var blocks: [Block] = []
        var prose = ""
        var language: String?
        var lines = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let opened = language {
                if line == "```" {
                    blocks.append(Block(language: opened, text: lines))
                    language = nil
                } else {
                    lines += line + "\n"
                }
            } else if line.hasPrefix("```") {
                language = String(line.dropFirst(3))
                lines = ""
            } else {
                prose += line + "\n"
            }
        }
        self.blocks = blocks
        self.prose = prose
    }

    /// Parses a file of this package, for example `docs/rules.md`.
    ///
    /// - Throws: an error of `String` when there is no such file.
    public init(file: String) throws {
        self.init(text: try Template(file: file).text)
    }

    /// The texts of all blocks in a language, in order.
    public func blocks(of language: String) -> [String] { blocks.filter { $0.language == language }.map(\.text) }

    /// The commands of the `console` blocks, in order.
    public var exchanges: [Exchange] {
        var exchanges: [Exchange] = []
        for block in blocks(of: "console") {
            for line in block.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                if line.hasPrefix("$ ") {
                    exchanges.append(Exchange(command: String(line.dropFirst(2))))
                } else if !exchanges.isEmpty {
                    exchanges[exchanges.count - 1].output.append(String(line))
                }
            }
        }
        return exchanges
    }

    /// The code spans of the prose: what is written between backquotes.
    public var codeSpans: [String] { prose.matches(of: #/`([^`\n]+)`/#).map { String($0.output.1) } }

    /// The targets of the prose's links and images.
    public var links: [String] { prose.matches(of: #/\]\(([^)\s]+)\)/#).map { String($0.output.1) } }
}
