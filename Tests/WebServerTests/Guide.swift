import Foundation
import Servers

/// A guide to a guarded site.
///
/// Its `sh` blocks are steps, its `console` blocks show commands and their output, and the others
/// are configuration.
struct Guide: Sendable {
    private let document: Document
    private let folder: String
    private let values: KeyValuePairs<String, String>

    /// Reads a guide, with its paths moved below `folder`.
    ///
    ///
    /// - Parameters:
    ///   - file: for example `nginx/README.md`.
    ///   - folder: the replacement of `/`.
    ///   - values: further texts of the guide and their replacements.
    ///   - isWhole: whether to include the dashboard's section.
    /// - Throws: an error where there is no such file.
    init(_ file: String, in folder: String, values: KeyValuePairs<String, String> = [:], isWhole: Bool = true) throws {
        self.folder = folder
        self.values = values
        var written = try Template(file: file).text
        if !isWhole { written = written.replacing(#/\n## The dashboard\n(?:.|\n)*?\n## /#, with: "\n## ") }
        document = Document(text: Self.moved(written, to: folder, values))
    }

    /// The whole text, with paths and ports as in the blocks.
    var text: String { document.text }

    /// The texts of all blocks in a language, in order.
    func blocks(of language: String) -> [String] { document.blocks(of: language) }

    /// The commands of the `console` blocks, in order, with the output shown for each.
    var exchanges: [Document.Exchange] { document.exchanges }

    /// A text with paths and values replaced as in the guide.
    func moved(_ text: String) -> String { Self.moved(text, to: folder, values) }

    private static func moved(_ text: String, to folder: String, _ values: KeyValuePairs<String, String>) -> String {
        var text = text
        for place in ["/etc/", "/usr/", "/var/www/", "/opt/", "/run/", "/dev/shm/"] {
            text = text.replacing(place, with: folder + place)
        }
        for (written, value) in values { text = text.replacing(written, with: value) }
        return text
    }

    /// The commands of the `sh` blocks, in order, each with its here-document and what follows a `&&`.
    var steps: [String] {
        var steps: [String] = []
        var isGiven = false
        for line in blocks(of: "sh").joined().split(separator: "\n", omittingEmptySubsequences: false) {
            if isGiven {
                steps[steps.count - 1] += "\n" + line
                isGiven = line != "END"
            } else if steps.last?.hasSuffix("&&") == true {
                steps[steps.count - 1] += "\n" + line
            } else if !line.isEmpty {
                steps.append(String(line))
                isGiven = line.hasSuffix("<<'END'") || line.hasSuffix("<<END")
            }
        }
        return steps
    }
}
