import Analytics
import Servers

extension PostgresServer {
    /// Creates the limiter's tables.
    func makeSchema() throws {
        try Migrations.apply(to: PostgresConnection(PostgresLocation(location)))
    }
}
