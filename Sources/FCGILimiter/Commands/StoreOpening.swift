import Glibc
import Startup
import Stores

extension StoreOptions {
    /// Opens the store that the options name, otherwise that of the running limiters, otherwise the default of `serve`.
    ///
    /// Prints to standard error which it is, unless the options do.
    ///
    /// - Throws: `ExitCode.failure`, after the error is printed.
    func open() throws -> any Store {
        if isNamed { return try location().openExisting() }
        let running = try RunningService.value("--store") { $0.store }
        let location = try running ?? location()
        printError("store: \(location)" + (running == nil ? "" : ", as the running limiter"))
        return try location.openExisting()
    }
}

extension StoreLocation {
    /// Opens the store for one command, and creates none: `serve`, as another user, might be unable to open it later.
    ///
    /// - Throws: `ExitCode.failure`, after the error is printed.
    func openExisting() throws -> any Store {
        try OneLineFailure.of { () throws(MissingStore) in
            if isMissing { throw MissingStore(location: self) }
        }
        if case .embedded(let path, _) = self { Self.becomeOwner(of: path) }
        return try OneLineFailure.of { () throws(StoreError) in try open() }
    }

    /// Gives up root's permissions for those of the folder's owner, such as the service's user, until the command ends.
    ///
    /// Root would have to trust whatever that user has put there.
    private static func becomeOwner(of path: String) {
        var status = stat()
        guard geteuid() == 0, lstat(path, &status) == 0, status.st_uid != 0 else { return }
        setgroups(0, nil)
        setegid(status.st_gid)
        seteuid(status.st_uid)
    }
}

/// There is no embedded store at the location.
private struct MissingStore: Error, CustomStringConvertible {
    let location: StoreLocation

    var description: String { "\(location): there is no store yet: use --store to name the one that serve uses" }
}
