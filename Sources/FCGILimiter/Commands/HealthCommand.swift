import ArgumentParser
import FastCGI
import Startup

/// `fcgi-limiter health`: prints what a running limiter answers to `/health`.
struct HealthCommand: ParsableCommand, VariableOptions {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Print the health page of a running limiter, without a web server. Fail if the store is down.",
        discussion: "Meant for the health checks of containers. Works for fcgi-limiter-dashboard, too."
    )

    static let variablePrefix = "FCGI_LIMITER_"

    /// The limiter's own variables, which a container has for all of its commands.
    static let otherVariables = [variablePrefix]

    @Option(
        help: """
            The address that the limiter listens on: unix:PATH or HOST:PORT. Default: $FCGI_LIMITER_LISTEN, otherwise the \
            Unix socket that serve creates for this user.
            """)
    var listen: Listener.Address?

    @Flag(help: "Succeed if the limiter answers, whatever the state of its store.")
    var live = false

    @Option(help: "Seconds that the limiter may take to answer, from 1 to 60.")
    var timeout: BoundedNumber<1, 60> = 5

    func run() throws {
        let address = listen ?? ListenOptions().address(defaultSocket: "fcgi-limiter.sock")
        let (status, page) = try OneLineFailure.of { () throws(ListenError) in
            try Client(address).get("/health", seconds: timeout.value)
        }
        print(page, terminator: "")
        if status != 200, !live { throw ExitCode.failure }
    }
}
