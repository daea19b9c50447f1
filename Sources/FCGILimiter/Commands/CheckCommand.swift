import ArgumentParser
import Rules
import Startup

/// `fcgi-limiter check FILE`: validates a rules file.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a rules file and report its errors.",
        discussion: """
            The exit status is 0 if the file can be used, even with warnings. The exit status is 1 if the file has an \
            error; serve would not start with the file then.
            """
    )

    @Argument(help: "The rules file.", completion: .file())
    var file: String

    @Flag(help: "Print the nginx directives that pass on what these rules read and the snippets do not send.")
    var nginx = false

    func run() throws {
        let (rulebook, warnings) = try OneLineFailure.of { () throws(RulesError) in try Rulebook.load(path: file) }
        for warning in warnings { printError("warning: \(warning)") }
        guard !nginx else { return print(NginxVariables.lines(for: rulebook).joined(separator: "\n")) }
        print("\(file): \(rulebook.rules.count) rules, \(rulebook.policies.count) policies, \(warnings.count) warnings")
    }
}
