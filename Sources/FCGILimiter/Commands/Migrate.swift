import Analytics
import ArgumentParser
import Startup

/// `fcgi-limiter migrate`: brings the database's schema up to date.
struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the schema of the database up to date.",
        discussion: "serve does so too: this is for whoever gives limiters no right to change the schema."
    )

    @OptionGroup var options: PostgresOptions

    func run() throws {
        guard let location = try options.location(ProcessEnvironment()) else {
            throw ValidationError("no database is named: write --postgres or set POSTGRES_HOST")
        }
        let applied = try OneLineFailure.of { () throws(PostgresError) in
            try Migrations.apply(to: PostgresConnection(location))
        }
        let done = applied.isEmpty ? "nothing to do" : "applied \(applied.map(String.init).joined(separator: ", "))"
        print("\(location): schema \(Migrations.latest), \(done)")
    }
}
