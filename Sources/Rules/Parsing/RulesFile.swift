extension Rulebook {
    /// Reads and checks a rules file and the key file that it names.
    ///
    /// - Parameter path: the rules file; the key file's name is relative to its folder.
    /// - Returns: the rules, and warnings about what works but is probably not intended.
    /// - Throws: ``RulesError`` for the first mistake.
    public static func load(path: String) throws(RulesError) -> (Rulebook, [RulesWarning]) {
        let file: TextFile
        do throws(ParseError) {
            file = try TextFile(path: path)
        } catch {
            throw RulesError(
                location: RulesLocation(file: path, line: nil, path: ""), value: nil, message: error.message)
        }
        return try parse(file.bytes, file: path)
    }

    /// Checks the text of a rules file.
    ///
    /// - Parameters:
    ///   - text: YAML in UTF-8.
    ///   - file: the name in errors; a key file's name is relative to its folder.
    /// - Returns: the rules, and warnings about what works but is probably not intended.
    /// - Throws: ``RulesError`` for the first mistake.
    public static func parse(
        _ text: some Sequence<UInt8>, file: String
    ) throws(RulesError) -> (Rulebook, [RulesWarning]) {
        let reader = try RulebookReader(YAMLDocument.root(of: Array(text), file: file))
        return (reader.rulebook, reader.warnings)
    }

    /// The rules of the three sample endpoints, which apply without a rules file.
    public static let samples: Rulebook = {
        do {
            return try parse(PackageResources.samples_yaml, file: "samples.yaml").0
        } catch {
            preconditionFailure("the built-in rules are invalid: \(error)")
        }
    }()
}
