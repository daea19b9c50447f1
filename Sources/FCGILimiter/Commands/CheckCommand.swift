import ArgumentParser
import Limiters
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

            Run as root, the command reads the files as the limiter's user, so that a file that the service cannot read is \
            an error.
            """
    )

    @Argument(help: "The rules file.", completion: .file())
    var file: String

    @Flag(help: "Exit with status 1 after a warning, too.")
    var strict = false

    @Flag(help: "Print the nginx directives that pass on what these rules read and the snippets do not send.")
    var nginx = false

    @Option(help: "User that the limiter runs as. Only root can check for another user.")
    var user = CheckingUser.ofUnit

    func run() throws {
        let user = user
        try OneLineFailure.of { () throws(CheckingUserError) in try CheckingUser.become(user) }
        let (rulebook, warnings) = try OneLineFailure.of { () throws(RulesError) in try Rulebook.load(path: file) }
        for warning in warnings { printError("warning: \(warning)") }
        if nginx {
            print(NginxVariables.lines(for: rulebook).joined(separator: "\n"))
        } else {
            let counts = [
                Self.count(rulebook.rules.count, "rule", "rules"),
                Self.count(rulebook.policies.count, "policy", "policies"),
                Self.count(warnings.count, "warning", "warnings"),
            ]
            print("\(file): \(counts.joined(separator: ", "))")
            let unsent = NginxVariables.unsent(by: rulebook)
            if !unsent.isEmpty {
                print(
                    "nginx needs an include for \(unsent.joined(separator: ", ")): see fcgi-limiter check --nginx \(file)"
                )
            }
            let refundable = rulebook.policies.filter(\.isRefundable).map(\.name)
            if !refundable.isEmpty {
                print(
                    """
                    the web server must report how requests end, for \(refundable.joined(separator: ", ")): include \
                    report.conf as the web server's guide says; without reports every request counts, and under a limit \
                    at once for its whole lease
                    """)
            }
            if unsent.contains(NginxVariables.host) {
                print("rules with host apply to no other host name: close the web server's default site")
            }
        }
        if let header = rulebook.costHeader, header.lowercased() != "x-cost" {
            print("web servers report X-Cost instead of \(header) unless configured otherwise: see docs/rules.md")
        }
        guard warnings.isEmpty || !strict else { throw ExitCode.failure }
    }

    private static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }
}
