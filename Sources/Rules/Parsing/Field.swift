import Glibc
import TextFormats
import Yams

/// A value of a rules file and its location.
struct Field {
    private let node: Node
    let path: FieldPath
    let file: String

    init(node: Node, path: FieldPath, file: String) {
        self.node = node
        self.path = path
        self.file = file
    }

    /// The line that the value begins on, from 1.
    var line: Int { node.mark?.line ?? 1 }

    /// The text of a single value, empty for YAML's null; `nil` if the field is a list or a mapping.
    var scalar: String? {
        guard case .scalar(let scalar) = node else { return nil }
        let isNull = scalar.style == .plain && ["~", "null", "Null", "NULL"].contains(scalar.string)
        return isNull ? "" : scalar.string
    }

    var isMapping: Bool {
        if case .mapping = node { true } else { false }
    }

    /// An error in this field, or in `value` within it; `message` continues a sentence that begins with their text.
    func error(_ message: String, value: String? = nil) -> RulesError {
        RulesError(location: location, value: value, message: isDocument(value) ? "the file \(message)" : message)
    }

    /// A warning about this field, or about `value` within it; `message` continues a sentence that begins with their text.
    func warning(_ message: String, value: String? = nil) -> RulesWarning {
        RulesWarning(location: location, value: value, message: isDocument(value) ? "the file \(message)" : message)
    }

    private var location: RulesLocation { RulesLocation(file: file, line: line, path: path.description) }

    private func isDocument(_ value: String?) -> Bool {
        if case .root = path { value == nil } else { false }
    }

    /// The text of a single value; `example` is what an error tells the operator to write.
    func text(_ example: String) throws(RulesError) -> String {
        guard let text = scalar else { throw error("is \(kind), not a single value; write \(example)") }
        guard !text.isEmpty else { throw error("has no value; write \(example)") }
        return text
    }

    /// The value that `parse` reads from the text; its error becomes an error of this field.
    func parsed<Value>(
        _ example: String, _ parse: (String) throws(ParseError) -> Value
    ) throws(RulesError) -> Value {
        let text = try text(example)
        do throws(ParseError) {
            return try parse(text)
        } catch {
            throw self.error(error.message, value: text)
        }
    }

    /// The file that the field names, relative to the folder of the rules file, and its path.
    func file(_ example: String) throws(RulesError) -> (TextFile, path: String) {
        let folder = file.lastIndex(of: "/").map { file[...$0] } ?? ""
        let name = try text(example)
        let path = name.hasPrefix("/") ? name : folder + name
        let content = try parsed(example) { _ throws(ParseError) in
            var status = stat()
            // Reading a pipe would block until somebody writes to it.
            guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
                throw ParseError("is not a regular file; name another file")
            }
            return try TextFile(path: path)
        }
        return (content, path)
    }

    /// A whole number in `range`.
    func number(_ range: ClosedRange<Int64>) throws(RulesError) -> Int64 {
        let example = "\(range.lowerBound) to \(range.upperBound)"
        return try parsed(example) { text throws(ParseError) in
            guard let number = decimalValue(text.utf8), range.contains(number) else {
                throw ParseError("is not a number in range; write \(example)")
            }
            return number
        }
    }

    /// One of the names of an enumeration.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type
    ) throws(RulesError) -> Choice {
        let names = alternatives(Choice.allCases.map(\.rawValue))
        return try parsed(names) { text throws(ParseError) in
            guard let choice = Choice(rawValue: text) else { throw ParseError("is not valid here; write \(names)") }
            return choice
        }
    }

    /// The members of a list, at least one.
    func list(_ example: String, wanted: String = "a list") throws(RulesError) -> [Field] {
        guard case .sequence(let sequence) = node else {
            throw error("is \(kind), not \(wanted); write \(example)")
        }
        guard !sequence.isEmpty else { throw error("is empty; write \(example)") }
        return sequence.enumerated().map { index, node in Field(node: node, path: .index(path, index), file: file) }
    }

    /// The members of a list, or a single value in place of a list of one.
    func oneOrMore(_ example: String) throws(RulesError) -> [Field] {
        scalar != nil ? [self] : try list(example, wanted: "a value or a list")
    }

    /// The members of a mapping in their order, at least one.
    func members(_ example: String) throws(RulesError) -> [(name: Field, value: Field)] {
        guard case .mapping(let mapping) = node else {
            throw error("is \(kind), not a mapping; write \(example)")
        }
        guard !mapping.isEmpty else { throw error("is empty; write \(example)") }
        var members: [(name: Field, value: Field)] = []
        for (key, value) in mapping {
            let name = Field(node: key, path: path, file: file)
            guard let text = name.scalar, !text.isEmpty else {
                throw name.error("has a key that is \(name.kind); write a name")
            }
            members.append((name, Field(node: value, path: .key(path, text), file: file)))
        }
        return members
    }

    /// The members of a mapping that may have only these keys.
    func members(named names: [String], _ example: String) throws(RulesError) -> Members {
        var fields: [String: Field] = [:]
        for (name, value) in try members(example) {
            let text = try name.text("a name")
            guard names.contains(text) else {
                let remedy = nearest(to: text, among: names) ?? alternatives(names)
                throw name.error("is not a known key; write \(remedy)", value: text)
            }
            fields[text] = value
        }
        return Members(whole: self, fields: fields)
    }

    private var kind: String {
        switch node {
        case .scalar: scalar?.isEmpty == true ? "empty" : "a single value"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}

/// The members of a mapping by their keys.
struct Members {
    let whole: Field
    let fields: [String: Field]

    subscript(name: String) -> Field? { fields[name] }

    /// A member that must be present.
    func required(_ name: String, _ example: String) throws(RulesError) -> Field {
        guard let field = fields[name] else { throw whole.error("has no \(name); write \(name): \(example)") }
        return field
    }
}

/// The path to a field from the root of its document, turned into text only for a message.
indirect enum FieldPath: CustomStringConvertible {
    case root
    case key(FieldPath, String)
    case index(FieldPath, Int)

    var description: String {
        switch self {
        case .root: ""
        case .key(.root, let name): name
        case .key(let path, let name): "\(path).\(name)"
        case .index(let path, let index): "\(path)[\(index)]"
        }
    }
}
