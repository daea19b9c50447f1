import Foundation
import Servers

/// A Swift file by the types that it declares and the types that it names.
struct SourceFile {
    /// The components of its path below `Sources`, the file's name last.
    let path: [Substring]
    /// The types that other files can name without naming an enclosing type.
    let types: Set<Substring>
    /// The capitalised words of its code, except for the types of any depth that it declares itself.
    let foreignWords: Set<Substring>

    /// The file at `path` below `Sources`, with this content.
    init(path: String, _ text: String) {
        self.path = path.split(separator: "/")
        let code = text.replacing(#/(?m)^\s*//.*$/#, with: "").replacing(#/"""[\s\S]*?"""/#, with: "")
            .replacing(#/"(?:\\.|[^"\\\n])*"/#, with: "")
        let types = code.matches(
            of: #/(?m)^(?:(?:@\w+|public|package|final|indirect) )*(?:struct|class|enum|protocol|typealias) (\w+)/#)
        let allTypes = code.matches(of: #/\b(?:struct|class|enum|protocol|typealias) (\w+)/#)
        self.types = Set(types.map { Substring(String($0.output.1)) })
        foreignWords = Set(code.matches(of: #/\b[A-Z]\w*/#).map { Substring(String($0.output)) })
            .subtracting(allTypes.map(\.output.1))
    }

    /// All Swift files below `Sources`.
    static func all() throws -> [SourceFile] {
        let root = Template.path("Sources")
        let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return try names.filter { $0.hasSuffix(".swift") }.map { name in
            SourceFile(path: name, try String(contentsOfFile: "\(root)/\(name)", encoding: .utf8))
        }
    }
}
