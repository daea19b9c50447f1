import ArgumentParser
import Glibc

/// Puts load on a store: to measure it, to fill it, and for tests that need other processes on the same store.
@main
struct StoreBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store-bench",
        abstract: "Puts load on a store of fcgi-limiter.",
        subcommands: [Rate.self, Fill.self, Hammer.self]
    )

    static func main() {
        // hiredis writes to connections that the server may have closed.
        signal(SIGPIPE, SIG_IGN)
        main(nil)
    }
}
