import TextFormats
import Yams

/// A value of a rules file and its place.
struct Field {
    private let node: Node
    let path: FieldPath
    let file: String

    init(node: Node, path: FieldPath, file: String) {
        self.node = node
        self.path = path
        self.file = file
    }

    /// The line that it begins on, from 1.
    var line: Int { node.mark?.line ?? 1 }

    /// The text where the field is one value, empty where that is YAML's null; `nil` where it is more.
    var scalar: String? {
        guard case .scalar(let scalar) = node else { return nil }
        let isNull = scalar.style == .plain && ["~", "null", "Null", "NULL"].contains(scalar.string)
        return isNull ? "" : scalar.string
    }

    var isMapping: Bool {
        if case .mapping = node { true } else { false }
    }

    func error(_ message: String, value: String? = nil) -> RulesError {
        RulesError(place: RulesPlace(file: file, line: line, path: path.description), value: value, message: message)
    }

    func warning(_ message: String, value: String? = nil) -> RulesWarning {
        RulesWarning(place: RulesPlace(file: file, line: line, path: path.description), value: value, message: message)
    }

    /// The text of a value that is one; `example` is for whoever wrote something else.
    func text(_ example: String) throws(RulesError) -> String {
        guard let text = scalar else { throw error("is \(kind), and should be one value; write \(example)") }
        guard !text.isEmpty else { throw error("has no value; write \(example)") }
        return text
    }

    /// A whole number in `range`.
    func number(_ range: ClosedRange<Int64>) throws(RulesError) -> Int64 {
        let example = "\(range.lowerBound) to \(range.upperBound)"
        let text = try text(example)
        guard let number = decimalValue(text.utf8), range.contains(number) else {
            throw error("is no number that can stand here; write \(example)", value: text)
        }
        return number
    }

    /// One of the names of an enumeration.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type
    ) throws(RulesError) -> Choice {
        let names = alternatives(Choice.allCases.map(\.rawValue))
        let text = try text(names)
        guard let choice = Choice(rawValue: text) else {
            throw error("is not known here; write \(names)", value: text)
        }
        return choice
    }

    /// The members of a list, at least one.
    func list(_ example: String, wanted: String = "a list") throws(RulesError) -> [Field] {
        guard case .sequence(let sequence) = node else {
            throw error("is \(kind), and should be \(wanted); write \(example)")
        }
        guard !sequence.isEmpty else { throw error("is empty; write \(example)") }
        return sequence.enumerated().map { index, node in Field(node: node, path: .index(path, index), file: file) }
    }

    /// The members of a list, or the one value that stands in place of one.
    func oneOrMore(_ example: String) throws(RulesError) -> [Field] {
        scalar != nil ? [self] : try list(example, wanted: "one value or a list")
    }

    /// The members of a mapping in their order, at least one.
    func members(_ example: String) throws(RulesError) -> [(name: Field, value: Field)] {
        guard case .mapping(let mapping) = node else {
            throw error("is \(kind), and should be a mapping; write \(example)")
        }
        guard !mapping.isEmpty else { throw error("is empty; write \(example)") }
        var members: [(name: Field, value: Field)] = []
        for (key, value) in mapping {
            let name = Field(node: key, path: path, file: file)
            let text = try name.text("a name")
            members.append((name, Field(node: value, path: .key(path, text), file: file)))
        }
        return members
    }

    /// The members of a mapping in which only these names may stand.
    func members(named names: [String], _ example: String) throws(RulesError) -> Members {
        var fields: [String: Field] = [:]
        for (name, value) in try members(example) {
            let text = try name.text("a name")
            guard names.contains(text) else {
                let remedy = nearest(to: text, among: names) ?? alternatives(names)
                throw name.error("is not known here; write \(remedy)", value: text)
            }
            fields[text] = value
        }
        return Members(whole: self, fields: fields)
    }

    private var kind: String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "empty" : "one value"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}

/// The members of a mapping by their names.
struct Members {
    let whole: Field
    let fields: [String: Field]

    subscript(name: String) -> Field? { fields[name] }

    /// A member that must be there.
    func required(_ name: String, _ example: String) throws(RulesError) -> Field {
        guard let field = fields[name] else { throw whole.error("has no \(name); write \(name): \(example)") }
        return field
    }
}

/// The way to a field from the top of its document, written out only when somebody is to read it.
indirect enum FieldPath: CustomStringConvertible {
    case top
    case key(FieldPath, String)
    case index(FieldPath, Int)

    var description: String {
        switch self {
        case .top: ""
        case .key(.top, let name): name
        case .key(let path, let name): "\(path).\(name)"
        case .index(let path, let index): "\(path)[\(index)]"
        }
    }
}
