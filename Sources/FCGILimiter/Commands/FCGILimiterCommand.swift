import ArgumentParser

/// The program `fcgi-limiter`.
@main
struct FCGILimiterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fcgi-limiter",
        abstract: "A rate limiter behind nginx or Apache, spoken to by FastCGI.",
        version: programVersion,
        subcommands: [
            Serve.self, Check.self, Explain.self, Peek.self, Reset.self, Reload.self, ReplayCommand.self,
        ],
        // mod_fcgid starts programs without arguments.
        defaultSubcommand: Serve.self
    )
}

/// The version that `--version`, `/health` and `/metrics` show.
let programVersion = "0.1.0"
