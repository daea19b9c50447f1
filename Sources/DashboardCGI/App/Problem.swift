import Analytics

/// Why a page cannot be shown as it was asked for: a status, and what to do.
struct Problem: Error, Equatable {
    /// What kind of trouble, which is the status of the answer.
    enum Kind: Equatable {
        /// The request cannot be understood.
        case malformed
        /// There is nothing of this name.
        case missing
        /// The database is away, or has no schema.
        case unavailable
    }

    let kind: Kind
    /// What is wrong, in a few words.
    let title: String
    /// One line: what to check or to write instead.
    let remedy: String

    init(_ kind: Kind, _ title: String, _ remedy: String) {
        self.kind = kind
        self.title = title
        self.remedy = remedy
    }

    /// The database does not answer.
    init(_ error: PostgresError) {
        let remedy =
            switch error.kind {
            case .unreachable: "Check that PostgreSQL runs and that the dashboard's connection string names it."
            case .timedOut: "The database is overloaded, or the range is too long for it: try a shorter one."
            case .refused: "Check that the dashboard's user may read the schema: grant usage and select on limiter."
            case .misconfigured: "Check the user, password and database of the dashboard's connection string."
            case .schema: "Install the same version of fcgi-limiter and its dashboard."
            }
        self.init(.unavailable, error.description, remedy)
    }

    /// Nobody named a database.
    static let noDatabase = Problem(
        .unavailable, "No database is named.",
        "Start the dashboard with --postgres postgresql://USER@HOST/DATABASE, the one that the limiters write to.")

    /// The database has no tables of the limiter's.
    static let noSchema = Problem(
        .unavailable, "The database has no tables of fcgi-limiter yet.",
        "Start fcgi-limiter with the same database, or run fcgi-limiter migrate.")

    /// The path names nothing.
    static let notFound = Problem(
        .missing, "There is no such page.", "Go back to the overview; its address must end with a slash.")
}
