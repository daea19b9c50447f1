import Yams

/// The text of a rules file as a tree of fields.
enum Document {
    /// A file that is larger is none that somebody wrote.
    static let largest = 64 << 20

    /// The top of the document that `text` is.
    static func top(of text: [UInt8], file: String) throws(RulesError) -> Field {
        guard let string = String(validating: text, as: UTF8.self) else {
            throw failure(file, line: lineOfInvalidText(text), "is not UTF-8; save the file as UTF-8")
        }
        do {
            // The basic resolver takes every value as the text that it is, and leaves regular expressions alone.
            guard let node = try Parser(yaml: string, resolver: .basic, encoding: .utf8).singleRoot() else {
                throw failure(file, line: 1, "is empty; write policies and rules")
            }
            return Field(node: node, path: .top, file: file)
        } catch let error as RulesError {
            throw error
        } catch let error as YamlError {
            throw rulesError(error, file: file, text: string)
        } catch {
            throw failure(file, line: 1, "is no YAML: \(error)")
        }
    }

    private static func rulesError(_ error: YamlError, file: String, text: String) -> RulesError {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            guard !problem.contains("nesting level") else {
                return failure(file, line: mark.line, "is nested too deeply; look for brackets that are not closed")
            }
            // Where a quote is not closed, that is found at the end of the file.
            let start = context.flatMap { $0.mark.line == mark.line ? nil : $0 }
            let place = start.map { " \($0.text) from line \($0.mark.line) on" } ?? ""
            let message = "is no YAML: \(problem)\(place); \(remedy(problem, context?.text ?? ""))"
            return failure(file, line: mark.line, message)
        case .composer(_, let problem, let mark, _) where problem.contains("another document"):
            return failure(file, line: mark.line, "begins a second document; write one")
        case .composer(_, _, let mark, _):
            return failure(
                file, line: mark.line, "uses an alias that nothing defines; put a value that begins with * into quotes")
        case .duplicatedKeysInMapping(let names, let context):
            let name = names.first ?? ""
            return RulesError(
                place: RulesPlace(file: file, line: context.mark.line, path: ""), value: name,
                message: "stands twice in this mapping; keep one of them")
        case .reader(_, let offset, _, _):
            let line = text.prefix(offset ?? 0).utf8.count { $0 == 0x0A } + 1
            return failure(file, line: line, "has a control character; remove it")
        default:
            return failure(file, line: 1, "is no YAML: \(error)")
        }
    }

    private static func remedy(_ problem: String, _ context: String) -> String {
        if context.contains("alias") {
            "put a value that begins with * into quotes"
        } else if problem.contains("cannot start any token") {
            "indent with spaces, and put a value that begins with @, ` or % into quotes"
        } else {
            "look for a bracket, quote or colon that is missing, here or in the line before"
        }
    }

    private static func failure(_ file: String, line: Int?, _ message: String) -> RulesError {
        RulesError(place: RulesPlace(file: file, line: line, path: ""), value: nil, message: message)
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
