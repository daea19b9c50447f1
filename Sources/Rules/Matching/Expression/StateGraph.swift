/// A nondeterministic automaton: states and the transitions between them (Thompson's construction).
struct StateGraph {
    enum State {
        case byte(ByteSet, next: Int)
        case split(Int, Int)
        case start(next: Int)
        case end(next: Int)
        case matched
    }

    private(set) var states: [State] = [.matched]
    private(set) var first = 0

    private static let maximumStates = 4_000
    /// The bound of the work: repeating an empty expression adds no states.
    private static let maximumSteps = 100_000
    private var steps = 0

    init(_ expression: Expression) throws(ParseError) {
        first = try add(expression, before: 0)
    }

    private mutating func add(_ state: State) throws(ParseError) -> Int {
        guard states.count < Self.maximumStates else { throw .expressionTooComplex }
        states.append(state)
        return states.count - 1
    }

    /// Adds the states of `expression`, which lead to the state `next`, and returns the first of them.
    private mutating func add(_ expression: Expression, before next: Int) throws(ParseError) -> Int {
        steps += 1
        guard steps < Self.maximumSteps else { throw .expressionTooComplex }
        switch expression {
        case .empty: return next
        case .byte(let set): return try add(.byte(set, next: next))
        case .start: return try add(.start(next: next))
        case .end: return try add(.end(next: next))
        case .sequence(let parts):
            var next = next
            for part in parts.reversed() { next = try add(part, before: next) }
            return next
        case .either(let choices):
            var first = try add(choices[choices.count - 1], before: next)
            for choice in choices.dropLast().reversed() {
                first = try add(.split(try add(choice, before: next), first))
            }
            return first
        case .repeated(let inner, let least, let most):
            var first = next
            if let most {
                for _ in least..<most { first = try add(.split(try add(inner, before: first), next)) }
            } else {
                first = try add(.split(next, next))
                states[first] = .split(try add(inner, before: first), next)
            }
            for _ in 0..<least { first = try add(inner, before: first) }
            return first
        }
    }
}

extension ParseError {
    /// An expression whose automaton would take too much memory.
    static let expressionTooComplex = ParseError(
        "needs too many states to be matched in one pass; use smaller numbers in { }, or several rules")
}
