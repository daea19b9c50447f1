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

    @Flag(help: "Print what nginx has to send for these rules besides what the snippets send.")
    var nginx = false

    func run() throws {
        let (rulebook, warnings) = try OneLineFailure.of { () throws(RulesError) in try Rulebook.load(path: file) }
        for warning in warnings { printError("warning: \(warning)") }
        guard !nginx else { return print(NginxVariables.lines(for: rulebook).joined(separator: "\n")) }
        print("\(file): \(rulebook.rules.count) rules, \(rulebook.policies.count) policies, \(warnings.count) warnings")
    }
}
