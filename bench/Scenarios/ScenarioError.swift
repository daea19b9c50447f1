/// Why a scenario could not be run, in one line.
public struct ScenarioError: Error, CustomStringConvertible {
    /// The text.
    public let description: String
    /// Whether this machine does not support the scenario.
    public let isImpossible: Bool

    init(_ description: String, isImpossible: Bool = false) {
        self.description = description
        self.isImpossible = isImpossible
    }
}
