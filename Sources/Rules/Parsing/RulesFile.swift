public import Limiters

extension Rulebook {
    /// Reads and checks a rules file and the key file that it names.
    ///
    /// - Parameters:
    ///   - path: the rules file; the key file's name is relative to its folder.
    ///   - mode: shadow lets every request pass, and only counts those that the rules would refuse.
    /// - Returns: the rules, and warnings about what works but is probably not intended.
    /// - Throws: ``RulesError`` for the first mistake.
    public static func load(
        path: String, mode: Policy.Mode = .enforced
    ) throws(RulesError) -> (Rulebook, [RulesWarning]) {
        try parse(text(path: path), file: path, mode: mode)
    }

    /// The text of a rules file; without a path, the text of the sample endpoints' rules.
    ///
    /// - Throws: ``RulesError`` if the file cannot be read.
    public static func text(path: String?) throws(RulesError) -> [UInt8] {
        guard let path else { return PackageResources.samples_yaml }
        do throws(ParseError) {
            return try TextFile(path: path).bytes
        } catch {
            throw RulesError(
                location: RulesLocation(file: path, line: nil, path: ""), value: nil, message: error.message)
        }
    }

    /// Checks the text of a rules file.
    ///
    /// - Parameters:
    ///   - text: YAML in UTF-8.
    ///   - file: the name in errors; a key file's name is relative to its folder.
    ///   - mode: shadow lets every request pass, and only counts those that the rules would refuse.
    /// - Returns: the rules, and warnings about what works but is probably not intended.
    /// - Throws: ``RulesError`` for the first mistake.
    public static func parse(
        _ text: some Sequence<UInt8>, file: String, mode: Policy.Mode = .enforced
    ) throws(RulesError) -> (Rulebook, [RulesWarning]) {
        let reader = try RulebookReader(YAMLDocument.root(of: Array(text), file: file), mode: mode)
        return (reader.rulebook, reader.warnings)
    }

    /// The rules of the three sample endpoints, which apply without a rules file.
    public static let samples = samples(mode: .enforced)

    /// The rules of the three sample endpoints in this mode.
    public static func samples(mode: Policy.Mode) -> Rulebook {
        do {
            return try parse(PackageResources.samples_yaml, file: "samples.yaml", mode: mode).0
        } catch {
            preconditionFailure("the built-in rules are invalid: \(error)")
        }
    }
}
