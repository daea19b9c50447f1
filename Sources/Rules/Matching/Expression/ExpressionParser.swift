import TextFormats

/// Parses a regular expression by recursive descent.
struct ExpressionParser {
    /// The largest number in `{n,m}`.
    private static let maximumRepeats = 255
    /// The deepest nesting of parentheses.
    private static let maximumDepth = 50

    private let text: [Unicode.Scalar]
    private var index = 0
    private var depth = 0
    private var ignoresCase: Bool

    /// Parses `text`.
    static func parse(_ text: String, ignoresCase: Bool) throws(ParseError) -> Expression {
        var parser = ExpressionParser(text, ignoresCase: ignoresCase)
        let expression = try parser.alternatives()
        guard parser.peek == nil else { throw ParseError("has a ) without a (; write \\) for a literal )") }
        return expression
    }

    private init(_ text: String, ignoresCase: Bool) {
        let scalars = Array(text.unicodeScalars)
        let folds = scalars.starts(with: "(?i)".unicodeScalars)
        self.text = folds ? Array(scalars.dropFirst(4)) : scalars
        self.ignoresCase = ignoresCase || folds
    }

    private var peek: Unicode.Scalar? { index < text.count ? text[index] : nil }

    private mutating func take(_ wanted: Unicode.Scalar) -> Bool {
        guard peek == wanted else { return false }
        index += 1
        return true
    }

    private mutating func alternatives() throws(ParseError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw ParseError("nests parentheses more than \(Self.maximumDepth) deep; nest them less")
        }
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .either(choices)
    }

    private mutating func sequence() throws(ParseError) -> Expression {
        var parts: [Expression] = []
        while let next = peek, next != "|", next != ")" {
            let atom = try atom()
            parts.append(try repeated(atom))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func atom() throws(ParseError) -> Expression {
        let scalar = text[index]
        index += 1
        switch scalar {
        case ".": return .byte(.all)
        case "^": return .start
        case "$": return .end
        case "(": return try group()
        case "[": return .byte(folded(try set()))
        case "\\": return .byte(folded(try escaped()))
        case "*", "+", "?", "{":
            throw ParseError(
                "has a \(scalar) with nothing before it to repeat; write \\\(scalar) for a literal \(scalar)")
        default:
            // A letter beyond ASCII is a sequence of bytes.
            let bytes = Array(String(scalar).utf8)
            return bytes.count == 1
                ? .byte(folded(ByteSet(bytes))) : .sequence(bytes.map { .byte(ByteSet([$0])) })
        }
    }

    private func folded(_ set: ByteSet) -> ByteSet { ignoresCase ? set.ignoringCase : set }

    private mutating func group() throws(ParseError) -> Expression {
        if take("?") {
            guard take(":") else {
                throw ParseError("has an unsupported group (?…); use ( ), (?: ) or, at the front, (?i)")
            }
        }
        let inner = try alternatives()
        guard take(")") else { throw ParseError("has a ( without a ); write \\( for a literal (") }
        return inner
    }

    private mutating func escaped() throws(ParseError) -> ByteSet {
        guard let scalar = peek else { throw ParseError("ends with a backslash; write \\\\ for a literal one") }
        index += 1
        switch scalar {
        case "d": return .digits
        case "D": return ~.digits
        case "w": return .word
        case "W": return ~.word
        case "s": return .spaces
        case "S": return ~.spaces
        default:
            guard scalar.isASCII, !ByteSet.word.contains(UInt8(scalar.value)) else {
                throw ParseError("has an unsupported escape \\\(scalar); use \\d, \\w, \\s, or \\ before punctuation")
            }
            return ByteSet([UInt8(scalar.value)])
        }
    }

    private mutating func set() throws(ParseError) -> ByteSet {
        let isComplement = take("^")
        var set = ByteSet()
        var isFirst = true
        while isFirst || peek != "]" {
            isFirst = false
            let (low, single) = try member()
            if let from = single, peek == "-", index + 1 < text.count, text[index + 1] != "]" {
                index += 1
                guard let upTo = try member().single, from <= upTo else {
                    throw ParseError("has a reversed range in [ ]; write the smaller character first")
                }
                set = set.union(ByteSet(from...upTo))
            } else {
                set = set.union(low)
            }
        }
        index += 1
        return isComplement ? ~folded(set) : set
    }

    /// One member of `[…]`, and its byte if it is a single one.
    private mutating func member() throws(ParseError) -> (set: ByteSet, single: UInt8?) {
        guard let scalar = peek else { throw ParseError("has a [ without a ]; write \\[ for a literal [") }
        index += 1
        if scalar == "\\" {
            let byte = peek.flatMap { UInt8(exactly: $0.value) }
            let set = try escaped()
            return (set, byte.flatMap { ByteSet([$0]) == set ? $0 : nil })
        }
        guard scalar.isASCII else {
            throw ParseError("has \(scalar) within [ ], which takes only ASCII; write (?:\(scalar)|…)")
        }
        guard scalar != "[" || peek != ":" else {
            throw ParseError("has an unsupported class [: :]; write for example [A-Za-z]")
        }
        let byte = UInt8(scalar.value)
        return (ByteSet([byte]), byte)
    }

    private mutating func repeated(_ atom: Expression) throws(ParseError) -> Expression {
        let expression: Expression
        switch peek {
        case "*": expression = .repeated(atom, least: 0, most: nil)
        case "+": expression = .repeated(atom, least: 1, most: nil)
        case "?": expression = .repeated(atom, least: 0, most: 1)
        case "{":
            guard let (least, most) = bounds() else {
                let most = Self.maximumRepeats
                throw ParseError(
                    "has a { that does not begin {n}, {n,} or {n,m} up to \(most); write \\{ for a literal {")
            }
            expression = .repeated(atom, least: least, most: most)
        default: return atom
        }
        index += 1
        // A lazy repetition matches the same paths.
        _ = take("?")
        if let next = peek, "*+?{".unicodeScalars.contains(next) {
            throw ParseError("repeats a repetition; put the inner one in ( )")
        }
        return expression
    }

    /// Reads `{n,m}` up to its closing brace.
    private mutating func bounds() -> (least: Int, most: Int?)? {
        guard let end = text[index...].firstIndex(of: "}") else { return nil }
        let inner = String(String.UnicodeScalarView(text[(index + 1)..<end]))
        let parts = inner.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let numbers = parts.map { decimalValue($0) }
        guard (1...2).contains(parts.count), let least = numbers[0], least <= Self.maximumRepeats else { return nil }
        index = end
        guard parts.count == 2 else { return (Int(least), Int(least)) }
        if parts[1].isEmpty { return (Int(least), nil) }
        guard let most = numbers[1], most >= least, most <= Self.maximumRepeats else { return nil }
        return (Int(least), Int(most))
    }
}
