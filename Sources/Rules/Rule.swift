public import Limiters

/// When requests are counted, whom, what they cost, and by which policies.
public final class Rule: Sendable {
    // First what each request needs, so that it is together in memory.
    let methods: MethodSet
    private let placeInFile: (index: Int32, line: Int32)
    let conditions: [Condition]
    let treatment: Treatment
    /// The name that the file gives it; `nil` where it gives none.
    public let name: String?
    /// What counts by rule are labelled with: the path that it is for, or its name where that is any path.
    public let label: String

    /// - Parameters:
    ///   - written: what the file says.
    ///   - index: its place among the rules of its file.
    init(_ written: WrittenRule, index: Int) {
        methods = written.methods
        placeInFile = (Int32(index), Int32(written.field.line))
        conditions = written.conditions
        treatment = written.treatment
        name = written.name
        let path = written.patterns.first { $0 != .everything }
        label = path?.description ?? written.name ?? "rules[\(index)]"
    }

    /// Its place among the rules of its file, from 0.
    public var index: Int { Int(placeInFile.index) }
    /// The line of its file that it begins on, from 1.
    public var line: Int { Int(placeInFile.line) }
    /// Its policies, each as it is for a client without a plan; empty where the rule lets requests pass uncounted.
    public var policies: [Policy] { treatment.choices.map(\.standard) }

    func holds(for reading: inout Reading, _ path: RequestPath) -> Bool {
        if methods != .all, methods.isDisjoint(with: reading.readMethod()) { return false }
        for condition in conditions where !condition.holds(for: &reading, path) { return false }
        return true
    }
}

extension Rule: CustomStringConvertible {
    /// Which one it is: `rules[0] data`.
    public var description: String { "rules[\(index)]" + (name.map { " " + $0 } ?? "") }
}
