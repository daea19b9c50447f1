import Startup
import Stores

extension StoreOptions {
    /// Opens the store for one command.
    ///
    /// - Throws: `ExitCode.failure`, after the error is printed.
    func open() throws -> any Store { try location().openExisting() }
}

extension StoreLocation {
    /// Opens the store for one command, and creates none: `serve`, as another user, might be unable to open it later.
    ///
    /// - Throws: `ExitCode.failure`, after the error is printed.
    func openExisting() throws -> any Store {
        try OneLineFailure.of { () throws(MissingStore) in
            if isMissing { throw MissingStore(location: self) }
        }
        return try OneLineFailure.of { () throws(StoreError) in try open() }
    }
}

/// There is no embedded store at the location.
private struct MissingStore: Error, CustomStringConvertible {
    let location: StoreLocation

    var description: String { "\(location): there is no store yet: use --store to name the one that serve uses" }
}
