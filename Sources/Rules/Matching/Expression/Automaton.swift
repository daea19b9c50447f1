/// A regular expression compiled to a table: one look-up a byte, whatever the expression and whatever the text.
///
/// An engine that tries and goes back, as the standard library's `Regex` does, can be made to take exponential time by a
/// text that a client chooses, and this one reads what clients send. All work is done when the rules are loaded, within
/// bounds, and matching allocates nothing.
struct Automaton: Sendable {
    /// The class of each byte: bytes that no state tells apart share one.
    private let classes: [UInt8]
    private let classCount: Int
    /// The state that follows a state and a class.
    private let table: [UInt16]
    /// Whether a state has matched whatever follows, and whether it matches where the text ends.
    private let hasMatched: [Bool]
    private let matchesAtEnd: [Bool]

    private static let mostStates = 2_000
    /// Steps of work at loading: a few tens of milliseconds.
    private static let mostSteps = 4_000_000

    /// The automaton of an expression, which matches a text when it matches any part of it.
    init(_ text: String, ignoresCase: Bool) throws(Expression.Mistake) {
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
                guard steps < Self.mostSteps else { throw .tooComplex }
                // A match may begin anywhere.
                let next = Closure(of: set.successors(by: byte, in: graph), in: graph, isAtStart: false, adding: again)
                if let known = numbers[next.key] {
                    table.append(known)
                    continue
                }
                guard sets.count < Self.mostStates else { throw .tooComplex }
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

    /// Whether the expression matches some part of the text.
    func matches(_ text: Bytes) -> Bool {
        var state = 0
        for byte in text {
            if hasMatched[state] { return true }
            state = Int(table[state * classCount + Int(classes[Int(byte)])])
        }
        return hasMatched[state] || matchesAtEnd[state]
    }

    /// The class of each byte, and a byte of each class.
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

/// The states of a graph in which a match may be after some text, those that read a byte or wait for the end.
private struct Closure {
    /// In order, each once.
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

    /// Once it has matched, nothing else matters: all such sets are one.
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
