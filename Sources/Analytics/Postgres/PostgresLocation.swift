import CPostgres

/// Where a PostgreSQL database is, as an operator writes it: any connection string of libpq.
///
///     postgresql://limiter:secret@db1,db2/site?target_session_attrs=read-write
///     host=/run/postgresql dbname=site user=limiter
public struct PostgresLocation: Sendable, Hashable, CustomStringConvertible {
    /// The settings of libpq by name: those that were written and those that this program adds.
    let settings: [String: String]

    /// The location written in `text`.
    ///
    /// libpq takes all other settings from its usual sources: `PGSSLMODE`, `PGPASSWORD`, `~/.pgpass`, a service file.
    ///
    /// - Throws: ``PostgresError`` of kind `.misconfigured` that says what to write.
    public init(_ text: String) throws(PostgresError) {
        // libpq's own message may repeat a part of the password.
        guard let options = PQconninfoParse(text, nil) else {
            throw PostgresError(
                .misconfigured,
                "the PostgreSQL connection string is invalid: write postgresql://USER:PASSWORD@HOST/DATABASE or "
                    + "host=HOST dbname=DATABASE user=USER")
        }
        defer { PQconninfoFree(options) }
        var settings: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { settings[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        self.init(settings: settings)
    }

    /// The location given by the usual variables: `POSTGRES_HOST`, `POSTGRES_PORT`, `POSTGRES_DB`, `POSTGRES_USER`,
    /// `POSTGRES_PASSWORD`; `nil` without a host.
    ///
    /// - Parameter variable: returns the value of a variable; `nil` if it is absent or empty.
    public init?(variables variable: (String) -> String?) {
        guard let host = variable("POSTGRES_HOST") else { return nil }
        let user = variable("POSTGRES_USER") ?? "postgres"
        var settings = ["host": host, "user": user, "dbname": variable("POSTGRES_DB") ?? user]
        settings["port"] = variable("POSTGRES_PORT")
        settings["password"] = variable("POSTGRES_PASSWORD")
        self.init(settings: settings)
    }

    private init(settings: [String: String]) {
        let defaults = ["connect_timeout": "3", "application_name": "fcgi-limiter", "client_encoding": "UTF8"]
        self.settings = settings.merging(defaults) { written, _ in written }
    }

    /// The location without its password.
    public var description: String {
        let user = settings["user"].map { "\($0)@" } ?? ""
        let ports = settings["port"].map { ":\($0)" } ?? ""
        return "postgresql://\(user)\(settings["host"] ?? "")\(ports)/\(settings["dbname"] ?? "")"
    }
}
