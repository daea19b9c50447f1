extension Rulebook {
    /// Reads and checks a rules file, and the file of keys that it names.
    ///
    /// - Parameter path: of the file; the key file's name is relative to its folder.
    /// - Returns: the rules, and what in them works but is probably not meant.
    /// - Throws: ``RulesError``: the first mistake.
    public static func load(path: String) throws(RulesError) -> (Rulebook, [RulesWarning]) {
        let file: TextFile
        do throws(TextFile.Failure) {
            file = try TextFile(path: path)
        } catch {
            throw RulesError(place: RulesPlace(file: path, line: nil, path: ""), value: nil, message: error.text)
        }
        return try parse(file.bytes, file: path)
    }

    /// Checks the text of a rules file.
    ///
    /// - Parameters:
    ///   - text: YAML in UTF-8.
    ///   - file: what errors call it; a key file's name is relative to its folder.
    /// - Returns: the rules, and what in them works but is probably not meant.
    /// - Throws: ``RulesError``: the first mistake.
    public static func parse(
        _ text: some Sequence<UInt8>, file: String
    ) throws(RulesError) -> (Rulebook, [RulesWarning]) {
        let reader = try RulebookReader(Document.top(of: Array(text), file: file))
        return (reader.rulebook, reader.warnings)
    }

    /// The rules of the three sample endpoints, in force where there is no file.
    public static let samples: Rulebook = {
        do {
            return try parse(PackageResources.samples_yaml, file: "samples.yaml").0
        } catch {
            preconditionFailure("the built-in rules are wrong: \(error)")
        }
    }()
}
