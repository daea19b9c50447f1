import Glibc

/// The user whose rights `check` has.
enum CheckingUser {
    /// The user of the shipped systemd unit.
    static let ofUnit = "fcgi-limiter"

    /// Replaces root's rights by those of a user; does nothing if the command does not run as root.
    ///
    /// systemd creates the unit's user only when it starts the unit. Before that, `nobody` has the same rights.
    ///
    /// - Throws: ``CheckingUserError`` if there is no such user.
    static func become(_ name: String) throws(CheckingUserError) {
        guard geteuid() == 0 else { return }
        guard let entry = getpwnam(name) ?? (name == ofUnit ? getpwnam("nobody") : nil) else {
            throw CheckingUserError("--user: \"\(name)\" is not a user of this machine; write the limiter's user")
        }
        let (user, group) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        guard initgroups(entry.pointee.pw_name, group) == 0, setgid(group) == 0, setuid(user) == 0 else {
            let reason = String(cString: strerror(errno))
            throw CheckingUserError("cannot become the user \(name): \(reason); run as the limiter's user")
        }
    }
}

/// Why `check` cannot have a user's rights, in one line.
struct CheckingUserError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
