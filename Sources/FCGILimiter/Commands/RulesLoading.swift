import Rules
import Startup

extension RulesOptions {
    /// The rules that the option names, otherwise those of the running limiters, otherwise those of the sample endpoints.
    ///
    /// Prints to standard error which they are, unless the option does. `check` and the limiter print their warnings.
    func load() throws -> Rulebook {
        guard let path = try path() else { return .samples }
        return try OneLineFailure.of { () throws(RulesError) in try Rulebook.load(path: path).0 }
    }

    private func path() throws -> String? {
        if let rules { return rules }
        let samples = "the sample endpoints"
        guard let path = try RunningService.value("--rules", { $0.command == nil ? nil : $0.rules ?? samples }) else {
            printError("rules: \(samples), because no limiter of this user runs here; name a file with --rules")
            return nil
        }
        printError("rules: \(path), as the running limiter")
        return path == samples ? nil : path
    }
}
