import Glibc
import Stores
import Synchronization

/// The limiter's store for all workers, opened once, when it is first needed.
final class StoreShelf: Sendable {
    private let location: StoreLocation
    private let opener = Mutex<(@Sendable () -> any Store)?>(nil)

    init(_ location: StoreLocation) {
        self.location = location
    }

    /// The store for one worker; `nil` if it is an embedded store that no limiter has created yet.
    ///
    /// - Throws: ``StoreError`` if it cannot be opened.
    func open() throws(StoreError) -> (any Store)? {
        // Created here, the store would belong to the dashboard's user, and limiters could not open it.
        if case .embedded(let path, _) = location, access(path + "/data.mdb", F_OK) != 0, errno == ENOENT { return nil }
        let make = try opener.withLock { opener throws(StoreError) in
            if let opener { return opener }
            let made = try location.opener(deadlines: .unhurried)
            opener = made
            return made
        }
        return make()
    }
}
