import ArgumentParser

/// Puts load on a store: to measure it, to fill it, and for tests that need several processes on one store.
@main
struct StoreBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "StoreBench",
        abstract: "Put load on a store of fcgi-limiter.",
        subcommands: [Rate.self, Fill.self, Hammer.self, Record.self, Differential.self]
    )
}
