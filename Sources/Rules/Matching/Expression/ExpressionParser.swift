import TextFormats

/// Reads a regular expression by recursive descent.
struct ExpressionParser {
    /// The highest number in `{n,m}`, and the deepest parentheses.
    private static let mostRepeats = 255
    private static let deepest = 50

    private let text: [Unicode.Scalar]
    private var index = 0
    private var depth = 0
    private var ignoresCase: Bool

    /// The expression that `text` is.
    static func parse(_ text: String, ignoresCase: Bool) throws(Expression.Mistake) -> Expression {
        var parser = ExpressionParser(text, ignoresCase: ignoresCase)
        let expression = try parser.alternatives()
        guard parser.peek == nil else { throw .init(text: "has a ) without its (; write \\) for the mark") }
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

    private mutating func alternatives() throws(Expression.Mistake) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw .init(text: "has too many parentheses within each other") }
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .either(choices)
    }

    private mutating func sequence() throws(Expression.Mistake) -> Expression {
        var parts: [Expression] = []
        while let next = peek, next != "|", next != ")" {
            let atom = try atom()
            parts.append(try repeated(atom))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func atom() throws(Expression.Mistake) -> Expression {
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
            throw .init(text: "has a \(scalar) with nothing to repeat; write \\\(scalar) for the mark")
        default:
            // Beyond ASCII a letter is several bytes, which belong together.
            let bytes = Array(String(scalar).utf8)
            return bytes.count == 1
                ? .byte(folded(ByteSet(bytes))) : .sequence(bytes.map { .byte(ByteSet([$0])) })
        }
    }

    private func folded(_ set: ByteSet) -> ByteSet { ignoresCase ? set.ignoringCase : set }

    private mutating func group() throws(Expression.Mistake) -> Expression {
        if take("?") {
            guard take(":") else {
                throw .init(text: "has a (? that does not exist here; use ( ), (?: ) or, at the front, (?i)")
            }
        }
        let inner = try alternatives()
        guard take(")") else { throw .init(text: "has a ( without its ); write \\( for the mark") }
        return inner
    }

    private mutating func escaped() throws(Expression.Mistake) -> ByteSet {
        guard let scalar = peek else { throw .init(text: "ends in a backslash; write \\\\ for the mark") }
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
                throw .init(text: "has \\\(scalar), which does not exist here; use \\d, \\w, \\s, or \\ before a mark")
            }
            return ByteSet([UInt8(scalar.value)])
        }
    }

    private mutating func set() throws(Expression.Mistake) -> ByteSet {
        let isOpposite = take("^")
        var set = ByteSet()
        var isFirst = true
        while isFirst || peek != "]" {
            isFirst = false
            let (low, single) = try member()
            if let from = single, peek == "-", index + 1 < text.count, text[index + 1] != "]" {
                index += 1
                guard let upTo = try member().single, from <= upTo else {
                    throw .init(text: "has a range in [ ] that ends before it begins; write the smaller one first")
                }
                set = set.union(ByteSet(from...upTo))
            } else {
                set = set.union(low)
            }
        }
        index += 1
        return isOpposite ? ~folded(set) : set
    }

    /// One member of `[…]`, and its byte where it is one.
    private mutating func member() throws(Expression.Mistake) -> (set: ByteSet, single: UInt8?) {
        guard let scalar = peek else { throw .init(text: "has a [ without its ]; write \\[ for the mark") }
        index += 1
        if scalar == "\\" {
            let byte = peek.flatMap { UInt8(exactly: $0.value) }
            let set = try escaped()
            return (set, byte.flatMap { ByteSet([$0]) == set ? $0 : nil })
        }
        guard scalar.isASCII else {
            throw .init(text: "has \(scalar) within [ ], where only ASCII can stand; write (?:\(scalar)|…)")
        }
        guard scalar != "[" || peek != ":" else {
            throw .init(text: "has a [: :], which does not exist here; write [A-Za-z] and so on")
        }
        let byte = UInt8(scalar.value)
        return (ByteSet([byte]), byte)
    }

    private mutating func repeated(_ atom: Expression) throws(Expression.Mistake) -> Expression {
        let expression: Expression
        switch peek {
        case "*": expression = .repeated(atom, least: 0, most: nil)
        case "+": expression = .repeated(atom, least: 1, most: nil)
        case "?": expression = .repeated(atom, least: 0, most: 1)
        case "{":
            guard let (least, most) = bounds() else {
                let most = Self.mostRepeats
                throw .init(text: "has a { that is no {n}, {n,} or {n,m} up to \(most); write \\{ for the mark")
            }
            expression = .repeated(atom, least: least, most: most)
        default: return atom
        }
        index += 1
        // Lazy or not, the same paths match.
        _ = take("?")
        if let next = peek, "*+?{".unicodeScalars.contains(next) {
            throw .init(text: "repeats a repetition; put the inner one into ( )")
        }
        return expression
    }

    /// Reads `{n,m}` up to its closing brace.
    private mutating func bounds() -> (least: Int, most: Int?)? {
        guard let end = text[index...].firstIndex(of: "}") else { return nil }
        let inner = String(String.UnicodeScalarView(text[(index + 1)..<end]))
        let parts = inner.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let numbers = parts.map { decimalValue($0) }
        guard (1...2).contains(parts.count), let least = numbers[0], least <= Self.mostRepeats else { return nil }
        index = end
        guard parts.count == 2 else { return (Int(least), Int(least)) }
        if parts[1].isEmpty { return (Int(least), nil) }
        guard let most = numbers[1], most >= least, most <= Self.mostRepeats else { return nil }
        return (Int(least), Int(most))
    }
}
