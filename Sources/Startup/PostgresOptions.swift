public import Analytics
public import ArgumentParser

/// The option that names the database.
public struct PostgresOptions: ParsableArguments, VariableOptions {
    /// The limiter's own variables, which the dashboard reads too.
    public static let variablePrefix = "FCGI_LIMITER_"

    @Option(
        help: """
            The database: a connection string of libpq, for example postgresql://limiter@db/limits. \
            Default: $FCGI_LIMITER_POSTGRES, otherwise the database that $POSTGRES_HOST and $POSTGRES_DB name, otherwise \
            none.
            """)
    var postgres: PostgresLocation?

    /// No options: what the parser starts from.
    public init() {}

    /// The database that the option or the usual variables name; `nil` if neither does.
    public var location: PostgresLocation? {
        let environment = ProcessEnvironment()
        return postgres ?? PostgresLocation { environment[$0] }
    }
}

extension PostgresLocation: OptionValue {
    /// The location written in `text`.
    public init(option text: String) throws(InvalidValue) {
        do {
            try self.init(text)
        } catch {
            throw InvalidValue(error)
        }
    }
}
