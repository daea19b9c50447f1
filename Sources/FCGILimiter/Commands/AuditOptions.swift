import Analytics
import ArgumentParser
import Glibc
import Startup
import TextFormats

/// The database in which a command records what an operator does.
struct AuditOptions: ParsableArguments {
    @OptionGroup var postgresOptions: PostgresOptions

    /// Adds a row to the audit trail; without a database, and if the database fails, prints that there is no row.
    ///
    /// What was done stays done: an operator must be able to act while the database is down.
    func write(_ action: AuditRecord.Action, reason: String, ended: [String]) {
        guard let location = postgresOptions.location else {
            printError("audit: none, because no database is named: use --postgres")
            return
        }
        let record = AuditRecord(
            actor: Self.actor, way: .command, action: action, reason: reason, ended: ended)
        do throws(PostgresError) {
            try record.write(in: PostgresConnection(location))
        } catch {
            printError("Warning: no audit row was written: \(error)")
        }
    }

    /// Who runs the command: the user who logged in, even as root by sudo.
    static var actor: String {
        if let user = ProcessEnvironment()["SUDO_USER"] { return user }
        return getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(getuid())"
    }
}
