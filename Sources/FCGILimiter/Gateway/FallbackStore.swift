import Limiters
import Stores
import Synchronization

/// The store of this machine alone, which decides while the shared one is away.
///
/// All event loops share it, and all limiters of the machine that name the same folder. It is opened when it is first
/// needed.
final class FallbackStore: Sendable {
    /// Among how many such stores each limit is divided.
    let share: Int64
    private let location: StoreLocation
    private let opener = Mutex<(@Sendable () -> any Store)?>(nil)

    /// A store that is not open yet.
    init(_ location: StoreLocation, share: Int64) {
        self.location = location
        self.share = share
    }

    /// Opens it for one owner.
    ///
    /// - Throws: ``StoreError`` when its folder cannot be used.
    func open() throws(StoreError) -> any Store {
        try opener.withLock { opener throws(StoreError) in
            if let opener { return opener }
            let made = try location.opener()
            opener = made
            return made
        }()
    }

    /// What is charged here of a request.
    func charge(_ entries: some Sequence<Charge.Entry>) -> Charge {
        Charge(entries.map { share == 1 ? $0 : $0.divided(among: share) })
    }
}
