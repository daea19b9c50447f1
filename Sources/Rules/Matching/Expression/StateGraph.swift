/// An expression as states and the ways between them (Thompson's construction).
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

    private static let mostStates = 4_000

    init(_ expression: Expression) throws(Expression.Mistake) {
        first = try add(expression, before: 0)
    }

    private mutating func add(_ state: State) throws(Expression.Mistake) -> Int {
        guard states.count < Self.mostStates else { throw .tooComplex }
        states.append(state)
        return states.count - 1
    }

    /// Adds `expression` so that it leads to the state `next`; gives the state that it begins with.
    private mutating func add(_ expression: Expression, before next: Int) throws(Expression.Mistake) -> Int {
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

extension Expression.Mistake {
    /// The expression's automaton would take too much memory.
    static let tooComplex = Expression.Mistake(
        text: "takes too many states to match in one pass; use smaller numbers in { }, or several rules")
}
