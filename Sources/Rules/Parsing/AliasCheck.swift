import Yams

/// Bounds what the aliases of a YAML document expand to.
///
/// Yams expands aliases while it reads a document, and compares the keys of each mapping. A few lines of nested aliases would
/// keep it busy forever. The document is therefore read first with every alias as a plain value.
struct AliasCheck {
    /// The most values that aliases may add to a document.
    private static let maximumValues = 1_000_000
    /// Replaces `*`: a private-use character, because a plain value may begin with one.
    private static let mark: Character = "\u{E000}"

    private let file: String
    private var sizes: [Substring: Int] = [:]
    private var addedValues = 0

    /// Checks the text of a document.
    ///
    /// - Throws: ``RulesError``, or an error of Yams.
    static func check(_ text: String, file: String) throws {
        // Without an anchor there is no alias.
        guard text.utf8.contains(UInt8(ascii: "&")) else { return }
        // Nodes refer to anchors weakly, so the parser has to outlive them.
        let parser = try Parser(yaml: text.replacing("*", with: String(mark)), resolver: .basic, encoding: .utf8)
        try withExtendedLifetime(parser) {
            guard let root = try parser.singleRoot() else { return }
            var check = AliasCheck(file: file)
            _ = try check.size(of: root)
        }
    }

    private init(file: String) {
        self.file = file
    }

    /// The number of values in a node once its aliases are expanded.
    private mutating func size(of node: Node) throws(RulesError) -> Int {
        var size = 1
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping {
                guard case .scalar(let name) = key, Self.alias(name) == nil else {
                    throw failure(key, "a key is a list, a mapping or an alias; write a name")
                }
                size += try self.size(of: value)
            }
        case .sequence(let sequence):
            for member in sequence { size += try self.size(of: member) }
        case .scalar(let scalar):
            guard let expanded = Self.alias(scalar).flatMap({ sizes[$0] }) else { break }
            size = expanded
            addedValues += size
            guard addedValues <= Self.maximumValues else {
                throw failure(node, "the aliases expand to more than \(Self.maximumValues) values; write fewer")
            }
        case .alias: break
        }
        if let anchor = node.anchor { sizes[anchor.rawValue[...]] = size }
        return size
    }

    /// The anchor that an alias names; `nil` if the scalar is not an alias.
    private static func alias(_ scalar: Node.Scalar) -> Substring? {
        scalar.style == .plain && scalar.string.first == mark ? scalar.string.dropFirst() : nil
    }

    private func failure(_ node: Node, _ message: String) -> RulesError {
        YAMLDocument.failure(file, line: node.mark?.line ?? 1, message)
    }
}
