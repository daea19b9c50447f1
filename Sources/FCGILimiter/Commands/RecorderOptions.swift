public import Analytics
import ArgumentParser
import Glibc
public import Startup

/// The options that say what is recorded in PostgreSQL.
struct RecorderOptions: ParsableArguments {
    @OptionGroup var postgresOptions: PostgresOptions

    @Option(help: "How clients are named in the database; hashed needs a secret in $FCGI_LIMITER_CLIENT_SECRET.")
    var recordClients = ClientNaming.plain

    @Option(help: "Days to keep rows: fine (10 seconds), events (blocked requests) and rollups (hours and days).")
    var keep = Retention()

    @Option(
        help: """
            Folder for counts that PostgreSQL has not accepted yet, and the largest size of the folder: PATH or \
            PATH?size=1G.
            """,
        completion: .directory)
    var spool = SpoolLocation(stateFolder: ProcessEnvironment()["STATE_DIRECTORY"], user: geteuid())

    /// What is recorded where; `nil` if no database is named.
    var settings: RecorderSettings? {
        postgresOptions.location.map {
            RecorderSettings($0, names: recordClients.names, retention: keep, spool: spool)
        }
    }
}

/// How clients are named in the database.
enum ClientNaming: String, OptionWord {
    case plain, hashed

    /// The way to name clients, with the secret from its variable.
    var names: ClientNames {
        switch self {
        case .plain: .plain
        case .hashed: .hashed(secret: ProcessEnvironment()["FCGI_LIMITER_CLIENT_SECRET"] ?? "")
        }
    }
}

extension Retention: OptionValue {
    /// The days written in `text`.
    public init(option text: String) throws(InvalidValue) {
        guard let retention = Retention(text) else {
            throw InvalidValue(text, allowed: "days from 1 to 3650, for example fine=7,events=14,rollups=190")
        }
        self = retention
    }

    /// The days as an operator writes them.
    public var defaultValueDescription: String { "fine=\(fine),events=\(events),rollups=\(rollups)" }
}

extension SpoolLocation: OptionValue {
    /// The location written in `text`.
    public init(option text: String) throws(InvalidValue) {
        guard let location = SpoolLocation(text) else {
            throw InvalidValue(text, allowed: "a folder and at least 64K, for example /var/spool/limiter?size=1G")
        }
        self = location
    }

    /// The folder and its size in MiB.
    public var defaultValueDescription: String { "\(path)?size=\(size >> 20)M" }
}
