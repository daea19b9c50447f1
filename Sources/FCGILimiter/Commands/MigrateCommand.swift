import Analytics
import ArgumentParser
import Startup

/// `fcgi-limiter migrate`: creates or updates the database schema.
struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Create or update the database schema.",
        discussion: """
            serve does this at start. Run migrate, as the owner of the schema, if the limiter's own database user may not \
            change the schema.
            """
    )

    @OptionGroup var options: PostgresOptions

    func run() throws {
        guard let location = options.location else {
            throw ValidationError("no database is named: write --postgres or set POSTGRES_HOST")
        }
        let applied = try OneLineFailure.of { () throws(PostgresError) in
            try Migrations.apply(to: PostgresConnection(location))
        }
        let done = applied.isEmpty ? "nothing to do" : "applied \(applied.map(String.init).joined(separator: ", "))"
        print("\(location): schema \(Migrations.latest), \(done)")
    }
}
