/// Why a scenario could not be played, in one line.
public struct ScenarioError: Error, CustomStringConvertible {
    /// The line.
    public let description: String
    /// Whether it is the machine that does not allow it.
    public let isImpossible: Bool

    init(_ description: String, isImpossible: Bool = false) {
        self.description = description
        self.isImpossible = isImpossible
    }
}
