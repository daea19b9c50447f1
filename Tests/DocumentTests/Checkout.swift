import Foundation
import Servers

/// The files of this package, and the types that its Swift files declare.
struct Checkout {
    /// Paths of files and folders, relative to the package.
    let paths: Set<String>
    /// Their last components.
    let names: Set<String>
    /// Names of the types that are declared in Swift.
    let types: Set<String>

    /// The package that the tests were built from, read once.
    static let current = Result { try Checkout() }

    private init() throws {
        let root = URL(fileURLWithPath: Template.path("."))
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        var paths: Set<String> = []
        var types: Set<String> = []
        while let file = files?.nextObject() as? URL {
            let path = String(file.standardizedFileURL.path.dropFirst(root.path.count + 1))
            if [".build", ".git", ".run", ".swiftpm"].contains(path) {
                files?.skipDescendants()
                continue
            }
            paths.insert(path)
            if path.hasSuffix(".swift") {
                types.formUnion(Self.declarations(in: try String(contentsOf: file, encoding: .utf8)))
            }
        }
        self.paths = paths
        self.types = types
        names = Set(paths.map { String($0.split(separator: "/").last ?? "") })
    }

    /// Whether there is a file or folder of this path; `*` matches any characters but a slash.
    func has(_ path: String) -> Bool {
        let path = path.hasSuffix("/") ? String(path.dropLast()) : path
        guard path.contains("*") else { return paths.contains(path) }
        return paths.contains { fnmatch(path, $0, FNM_PATHNAME) == 0 }
    }

    private static let keywords: Set<Substring> = ["struct", "class", "enum", "protocol", "actor", "typealias"]

    /// The types that a Swift file declares: the words after these keywords.
    private static func declarations(in text: String) -> [String] {
        text.split(separator: "\n").flatMap { line -> [String] in
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            return zip(words, words.dropFirst()).filter { keywords.contains($0.0) }.map { String($0.1) }
        }
    }
}
