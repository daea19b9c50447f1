import Analytics
import ArgumentParser
import Startup

/// Which database a command is about.
struct PostgresOptions: ParsableArguments {
    @Option(help: "The database that counts go to: any connection string of libpq. Default: none.")
    var postgres: String?

    /// The database, by the flag, by its variable, or by the usual variables; `nil` where none of them names one.
    func location(_ environment: ProcessEnvironment) throws -> PostgresLocation? {
        guard let text = postgres ?? environment["FCGI_LIMITER_POSTGRES"] else {
            return PostgresLocation(variables: { environment[$0] })
        }
        do throws(PostgresError) {
            return try PostgresLocation(text)
        } catch {
            throw ValidationError("\(error)")
        }
    }
}
