import Yams

/// The text of a rules file as a tree of fields.
enum YAMLDocument {
    /// The largest file that is read, in bytes.
    static let maximumSize = 64 << 20

    /// The root of the document in `text`, which is UTF-8.
    static func root(of text: [UInt8], file: String) throws(RulesError) -> Field {
        guard let string = String(validating: text, as: UTF8.self) else {
            throw failure(file, line: lineOfInvalidText(text), "the file is not UTF-8; save it as UTF-8")
        }
        do {
            try AliasCheck.check(string, file: file)
            // The basic resolver leaves every value as text, and so regular expressions as they are written.
            guard let node = try Parser(yaml: string, resolver: .basic, encoding: .utf8).singleRoot() else {
                throw failure(file, line: 1, "the file is empty; write policies and rules")
            }
            return Field(node: node, path: .root, file: file)
        } catch let error as RulesError {
            throw error
        } catch let error as YamlError {
            throw rulesError(error, file: file, text: string)
        } catch {
            throw failure(file, line: 1, "the YAML is invalid: \(error)")
        }
    }

    private static func rulesError(_ error: YamlError, file: String, text: String) -> RulesError {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            guard !problem.contains("nesting level") else {
                return failure(file, line: mark.line, "values are nested too deeply; look for an unclosed bracket")
            }
            // An unclosed quote is only noticed at the end of the file.
            let start = context.flatMap { $0.mark.line == mark.line ? nil : $0 }
            let origin = start.map { " \($0.text) from line \($0.mark.line) on" } ?? ""
            let message = "the YAML is invalid: \(problem)\(origin); \(remedy(problem, context?.text ?? ""))"
            return failure(file, line: mark.line, message)
        case .composer(_, let problem, let mark, _) where problem.contains("another document"):
            return failure(file, line: mark.line, "a second document begins here; write one document per file")
        case .composer(_, _, let mark, _):
            return failure(file, line: mark.line, "the alias is not defined; quote a value that begins with *")
        case .duplicatedKeysInMapping(let names, let context):
            return RulesError(
                location: RulesLocation(file: file, line: context.mark.line, path: ""), value: names.first ?? "",
                message: "appears twice in this mapping; keep one of them")
        case .reader(_, let offset, _, _):
            let line = text.prefix(offset ?? 0).utf8.count { $0 == 0x0A } + 1
            return failure(file, line: line, "the line contains a control character; remove it")
        default:
            return failure(file, line: 1, "the YAML is invalid: \(error)")
        }
    }

    private static func remedy(_ problem: String, _ context: String) -> String {
        if context.contains("alias") {
            "quote a value that begins with *"
        } else if problem.contains("cannot start any token") {
            "indent with spaces, and quote a value that begins with @, ` or %"
        } else {
            "look for a missing bracket, quote or colon, here or in the line before"
        }
    }

    static func failure(_ file: String, line: Int?, _ message: String) -> RulesError {
        RulesError(location: RulesLocation(file: file, line: line, path: ""), value: nil, message: message)
    }

    private static func lineOfInvalidText(_ text: [UInt8]) -> Int {
        var lines = 1
        for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if String(validating: line, as: UTF8.self) == nil { break }
            lines += 1
        }
        return lines
    }
}
