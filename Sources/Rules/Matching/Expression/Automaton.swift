/// A regular expression compiled to a table: one lookup per byte, whatever the expression and the text.
///
/// A client can choose a text for which a backtracking engine, such as the standard library's `Regex`, takes exponential
/// time. Here all the work is done when the rules are loaded, within bounds, and matching allocates nothing.
struct Automaton: Sendable {
    /// The class of each byte; bytes that no state distinguishes share one.
    private let classes: [UInt8]
    private let classCount: Int
    /// The next state for each state and class.
    private let table: [UInt16]
    /// Whether the text matches in a state, whatever follows.
    private let hasMatched: [Bool]
    /// Whether the text matches if it ends in a state.
    private let matchesAtEnd: [Bool]

    private static let maximumStates = 2_000
    /// The bound of the work when an expression is compiled: a few tens of milliseconds.
    private static let maximumSteps = 4_000_000

    /// Compiles an expression, which matches a text if it matches any part of the text.
    init(_ text: String, ignoresCase: Bool) throws(ParseError) {
        let graph = try StateGraph(ExpressionParser.parse(text, ignoresCase: ignoresCase))
        let (classes, representatives) = Self.classes(of: graph)
        self.classes = classes
        classCount = representatives.count

        var steps = 0
        var table: [UInt16] = []
        var hasMatched: [Bool] = []
        var matchesAtEnd: [Bool] = []
        let again = Closure(of: [graph.first], in: graph, isAtStart: false)
        var sets = [Closure(of: [graph.first], in: graph, isAtStart: true)]
        var numbers = [sets[0].key: UInt16(0)]
        var number = 0
        while number < sets.count {
            let set = sets[number]
            hasMatched.append(set.hasMatched)
            matchesAtEnd.append(set.matchesAtEnd(in: graph))
            for byte in representatives {
                if set.hasMatched {
                    table.append(UInt16(number))
                    continue
                }
                steps += set.states.count + again.states.count
                guard steps < Self.maximumSteps else { throw .expressionTooComplex }
                // A match may begin at any byte.
                let next = Closure(of: set.successors(by: byte, in: graph), in: graph, isAtStart: false, adding: again)
                if let known = numbers[next.key] {
                    table.append(known)
                    continue
                }
                guard sets.count < Self.maximumStates else { throw .expressionTooComplex }
                numbers[next.key] = UInt16(sets.count)
                table.append(UInt16(sets.count))
                sets.append(next)
            }
            number += 1
        }
        self.table = table
        self.hasMatched = hasMatched
        self.matchesAtEnd = matchesAtEnd
    }

    /// Whether the expression matches any part of the text.
    func matches(_ text: Bytes) -> Bool {
        var state = 0
        for byte in text {
            if hasMatched[state] { return true }
            state = Int(table[state * classCount + Int(classes[Int(byte)])])
        }
        return hasMatched[state] || matchesAtEnd[state]
    }

    /// The class of each byte, and one byte of each class.
    private static func classes(of graph: StateGraph) -> ([UInt8], representatives: [UInt8]) {
        var sets: Set<ByteSet> = []
        for case .byte(let set, _) in graph.states { sets.insert(set) }
        var numbers: [[Bool]: UInt8] = [:]
        var representatives: [UInt8] = []
        let classes = (UInt8.min...UInt8.max).map { byte in
            let membership = sets.map { $0.contains(byte) }
            if let number = numbers[membership] { return number }
            let number = UInt8(representatives.count)
            numbers[membership] = number
            representatives.append(byte)
            return number
        }
        return (classes, representatives)
    }
}

/// The states of a graph that a text leads to; only those that read a byte or wait for the end.
private struct Closure {
    /// The states, sorted and each once.
    let states: [Int]
    let hasMatched: Bool

    init(of firsts: [Int], in graph: StateGraph, isAtStart: Bool, isAtEnd: Bool = false, adding other: Closure? = nil) {
        var seen = Set(other?.states ?? [])
        var kept = other?.states ?? []
        var hasMatched = other?.hasMatched ?? false
        var open = firsts
        while let state = open.popLast() {
            guard seen.insert(state).inserted else { continue }
            switch graph.states[state] {
            case .matched: hasMatched = true
            case .split(let one, let other):
                open.append(one)
                open.append(other)
            case .start(let next): if isAtStart { open.append(next) }
            case .end(let next):
                kept.append(state)
                if isAtEnd { open.append(next) }
            case .byte: kept.append(state)
            }
        }
        states = kept.sorted()
        self.hasMatched = hasMatched
    }

    /// A key that is equal for sets that need not be distinguished: all sets that have matched share one.
    var key: [Int] { hasMatched ? [-1] : states }

    func successors(by byte: UInt8, in graph: StateGraph) -> [Int] {
        states.compactMap { state in
            if case .byte(let set, let next) = graph.states[state], set.contains(byte) { next } else { nil }
        }
    }

    func matchesAtEnd(in graph: StateGraph) -> Bool {
        let ends = states.compactMap { if case .end(let next) = graph.states[$0] { next } else { Int?.none } }
        return hasMatched || Closure(of: ends, in: graph, isAtStart: false, isAtEnd: true).hasMatched
    }
}
