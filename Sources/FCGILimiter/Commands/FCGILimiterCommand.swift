import ArgumentParser
import FastCGI
import Startup

/// The program `fcgi-limiter`.
@main
struct FCGILimiterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fcgi-limiter",
        abstract: "A rate limiter for nginx and Apache that speaks FastCGI.",
        version: programVersion,
        subcommands: [
            ServeCommand.self, CheckCommand.self, ExplainCommand.self, PeekCommand.self, ResetCommand.self,
            BanCommand.self, UnbanCommand.self, ExemptCommand.self, OverrideCommand.self, ReloadCommand.self,
            ReplayCommand.self, ReportCommand.self, MigrateCommand.self, HealthCommand.self,
        ],
        // mod_fcgid starts programs without arguments.
        defaultSubcommand: ServeCommand.self
    )

    /// Runs the program, without arguments if it is a CGI program; a person who gives none gets help.
    ///
    /// A web server passes the words of a query such as `?--store+redis://…` to a CGI program as its arguments
    /// (RFC 3875, 4.4). Clients must not set options that way.
    static func main() {
        let arguments = CGI.isRequested ? [] : programArguments()
        let isServing = CGI.isRequested || ListenOptions.hasPassedSocket
        runProgram(arguments.isEmpty && !isServing ? ["--help"] : arguments)
    }
}
