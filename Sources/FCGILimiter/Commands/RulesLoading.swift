import Rules
import Startup

extension RulesOptions {
    /// The rules, after their warnings are printed to standard error.
    func load() throws -> Rulebook {
        guard let rules else { return .samples }
        let (rulebook, warnings) = try OneLineFailure.of { () throws(RulesError) in try Rulebook.load(path: rules) }
        for warning in warnings { printError("warning: \(warning)") }
        return rulebook
    }
}
