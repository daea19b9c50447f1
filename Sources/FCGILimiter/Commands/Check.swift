import ArgumentParser
import Rules
import Startup

/// `fcgi-limiter check FILE`: reads a rules file and says what is wrong with it.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read a rules file and say what is wrong with it.",
        discussion: "Exit code 0: it can be used, perhaps with warnings. 1: it cannot, and serve would refuse it."
    )

    @Argument(help: "The rules file.")
    var file: String

    func run() throws {
        let (rulebook, warnings) = try OneLineFailure.of { () throws(RulesError) in try Rulebook.load(path: file) }
        for warning in warnings { printError("warning: \(warning)") }
        print("\(file): \(rulebook.rules.count) rules, \(rulebook.policies.count) policies, \(warnings.count) warnings")
    }
}
