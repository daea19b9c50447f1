import ArgumentParser
import FastCGI
import Startup

/// The program `fcgi-limiter`.
@main
struct FCGILimiterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fcgi-limiter",
        abstract: "A rate limiter behind nginx or Apache, spoken to by FastCGI.",
        version: programVersion,
        subcommands: [
            Serve.self, Check.self, Explain.self, Peek.self, Reset.self, Reload.self, ReplayCommand.self,
            Migrate.self,
        ],
        // mod_fcgid starts programs without arguments.
        defaultSubcommand: Serve.self
    )

    /// A CGI program gets the words of a query such as `?--store+redis://…` as its arguments (RFC 3875, 4.4): what clients
    /// write there is no flag.
    static func main() {
        runProgram(CGI.isRequested ? [] : nil)
    }
}

/// The version that `--version`, `/health` and `/metrics` show.
let programVersion = "0.1.0"
