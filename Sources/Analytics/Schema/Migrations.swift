/// Creates and updates the schema `limiter` of a database.
///
/// Tables change by numbered files, each applied once. Functions have one file: it holds their current text and runs again
/// whenever the number rises.
public enum Migrations {
    /// Numbered changes of the tables, in order.
    ///
    /// A released file never changes: a change of the tables is a new file, which `Package.swift` lists, too. Number 2 only
    /// created functions. A change of functions alone gets a number with an empty file.
    private static let changes = [
        (number: 1, sql: PackageResources._01_tables_sql), (number: 3, sql: PackageResources._03_outcome_sql),
        (number: 4, sql: PackageResources._04_dimensions_sql),
        (number: 5, sql: PackageResources._05_audit_sql), (number: 6, sql: PackageResources._06_audit_times_sql),
        (number: 7, sql: PackageResources._07_units_sql),
    ]

    /// The key of the advisory lock under which the schema changes; functions.sql lists the other keys.
    private static let lock = 7_237_004_911

    /// The number of the schema that this program knows.
    public static var latest: Int { changes.last?.number ?? 0 }

    /// Brings the database's schema to ``latest``, in one transaction; a schema that is up to date is left alone.
    ///
    /// Processes that do this at the same time wait for one another (`pg_advisory_xact_lock`).
    ///
    /// - Returns: the numbers that were applied now.
    /// - Throws: ``PostgresError``: `.schema` if the database is newer than this program.
    @discardableResult
    public static func apply(to connection: PostgresConnection) throws(PostgresError) -> [Int] {
        guard try number(in: connection) != latest else { return [] }
        try connection.run("begin")
        do throws(PostgresError) {
            try connection.run(
                """
                select pg_advisory_xact_lock(\(lock));
                do $$ begin
                    -- "if not exists" would require the right to create a schema even if there is one.
                    if to_regnamespace('limiter') is null then create schema limiter; end if;
                end $$;
                create table if not exists limiter.migrations (
                    number integer primary key,
                    applied timestamptz not null default now()
                );
                """)
            let present = try number(in: connection)
            let missing = changes.filter { $0.number > present }
            for change in missing {
                try connection.run(String(decoding: change.sql, as: UTF8.self))
                try connection.query("insert into limiter.migrations (number) values ($1)", [.init(change.number)])
            }
            if !missing.isEmpty { try connection.run(String(decoding: PackageResources.functions_sql, as: UTF8.self)) }
            try connection.run("commit")
            return missing.map(\.number)
        } catch {
            try? connection.run("rollback")
            throw error.sqlState == "42501"
                ? error.adding("run fcgi-limiter migrate as the role that owns the schema limiter") : error
        }
    }

    /// The number of the schema in a database; 0 if there is none.
    ///
    /// - Throws: ``PostgresError``: `.schema` if it is newer than this program.
    public static func number(in connection: PostgresConnection) throws(PostgresError) -> Int {
        let exists = try connection.query("select to_regclass('limiter.migrations') is not null").truth(0, 0)
        guard exists == true else { return 0 }
        let number = try connection.query("select coalesce(max(number), 0) from limiter.migrations").integer(0, 0) ?? 0
        guard number <= latest else {
            throw PostgresError(
                .schema,
                "the database has schema number \(number), but this program knows only \(latest): "
                    + "install a newer fcgi-limiter")
        }
        return Int(number)
    }
}
