import Logging
import Stores
import Synchronization

/// The limiter's store for all workers, opened once, when it is first needed.
final class StoreShelf: Sendable {
    private let location: StoreLocation
    private let logger: Logger
    private let store = Mutex<ResilientStore?>(nil)

    init(_ location: StoreLocation, _ logger: Logger) {
        self.location = location
        self.logger = logger
    }

    /// A session for one worker; `nil` for an embedded store that no limiter has created yet.
    ///
    /// - Throws: ``StoreError`` if the store cannot be opened.
    func makeSession() throws(StoreError) -> StoreSession? {
        // Created here, the store would belong to the dashboard's user, and limiters could not open it.
        if location.isMissing { return nil }
        return try store.withLock { store throws(StoreError) in
            if let store { return store }
            var options = ResilientStore.Options()
            options.deadlines = .interactive
            options.connectsDirectly = true
            options.meanwhile = "pages show it as unavailable"
            let made = try ResilientStore(location, options, logger: logger)
            store = made
            return made
        }.makeSession()
    }
}
