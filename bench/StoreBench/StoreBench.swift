import ArgumentParser
import Glibc

/// Puts load on a store: to measure it, to fill it, and for tests that need several processes on one store.
@main
struct StoreBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "StoreBench",
        abstract: "Put load on a store of fcgi-limiter.",
        subcommands: [Rate.self, Fill.self, Hammer.self]
    )

    static func main() {
        // hiredis may write to a connection that the server has closed.
        signal(SIGPIPE, SIG_IGN)
        main(nil)
    }
}
