import Servers
import Testing

/// A lock on the table of series: statements of all pages but Health wait for its end.
final class SeriesLock {
    private let postgres: PostgresServer
    private let folder: TemporaryFolder
    private let process: ServerProcess

    /// Takes the lock.
    init(_ postgres: PostgresServer) throws {
        self.postgres = postgres
        folder = try TemporaryFolder()
        process = try ServerProcess(
            Program("psql", package: "postgresql-client"),
            [
                postgres.location, "-X", "-c",
                "begin; lock table limiter.series in access exclusive mode; select pg_sleep(60)",
            ], in: folder
        ) {
            try postgres.number(
                "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation = 'limiter.series'::regclass"
            ) == 1
        }
    }

    /// Ends the lock.
    func release() throws {
        try postgres.query("select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)'")
        #expect(process.waitForEnd(deadline: 30) != nil)
    }
}
