/// The schema's history: SQL files with numbers, each applied once to a database.
public enum Migrations {
    /// The files in their order; the first is number 1.
    ///
    /// What has been released stays as it is: a change is a new file.
    private static let files = [PackageResources._01_tables_sql, PackageResources._02_functions_sql]

    /// The number of the schema that this program knows.
    public static var latest: Int { files.count }

    /// Brings the database's schema to ``latest``, in one transaction; a schema that is there already is left alone.
    ///
    /// Processes that do this at the same time wait for one another (`pg_advisory_xact_lock`).
    ///
    /// - Returns: the numbers that were applied now.
    /// - Throws: ``PostgresError``: `.schema` where the database is newer than this program.
    @discardableResult
    public static func apply(to connection: PostgresConnection) throws(PostgresError) -> [Int] {
        guard try number(in: connection) != latest else { return [] }
        try connection.run("begin")
        do throws(PostgresError) {
            try connection.run(
                """
                select pg_advisory_xact_lock(7237004911);
                do $$ begin
                    -- "if not exists" would ask for the right to create a schema even where there is one.
                    if to_regnamespace('limiter') is null then create schema limiter; end if;
                end $$;
                create table if not exists limiter.migrations (
                    number integer primary key,
                    applied timestamptz not null default now()
                );
                """)
            let present = try number(in: connection)
            let missing = Array(present..<latest)
            for index in missing {
                try connection.run(String(decoding: files[index], as: UTF8.self))
                try connection.query("insert into limiter.migrations (number) values ($1)", [.init(index + 1)])
            }
            try connection.run("commit")
            return missing.map { $0 + 1 }
        } catch {
            try? connection.run("rollback")
            throw error
        }
    }

    /// The number of the schema in a database; 0 where there is none.
    ///
    /// - Throws: ``PostgresError``: `.schema` where it is newer than this program.
    public static func number(in connection: PostgresConnection) throws(PostgresError) -> Int {
        let isThere = try connection.query("select to_regclass('limiter.migrations') is not null").truth(0, 0)
        guard isThere == true else { return 0 }
        let number = try connection.query("select coalesce(max(number), 0) from limiter.migrations").integer(0, 0) ?? 0
        guard number <= latest else {
            throw PostgresError(
                .schema,
                "the database's schema is number \(number) and this program knows \(latest): install a newer fcgi-limiter"
            )
        }
        return Int(number)
    }
}
