import Limiters
import Synchronization

/// The embedded store of this machine that decides while the shared store is unavailable.
///
/// All event loops share it, and so do all limiters of the machine that name the same folder. It is opened when it is first
/// needed.
public final class FallbackStore: Sendable {
    /// Where the store is.
    public let location: StoreLocation
    /// The number of machines that divide each limit among them.
    let share: Int64
    private let opener = Mutex<(@Sendable () -> any Store)?>(nil)

    /// A store that is not open yet.
    ///
    /// - Parameters:
    ///   - location: an embedded store.
    ///   - share: the number of machines that divide each limit among them.
    public init(_ location: StoreLocation, share: Int64 = 1) {
        self.location = location
        self.share = share
    }

    /// Opens the store for one owner.
    ///
    /// - Throws: ``StoreError`` when the folder cannot be used.
    func open() throws(StoreError) -> (any Store)? {
        try opener.withLock { opener throws(StoreError) in
            if let opener { return opener }
            let made = try location.opener()
            opener = made
            return made
        }()
    }

    /// The part of a request that is charged here: these entries, each under its share.
    func charge(_ entries: [Charge.Entry], of charge: Charge) -> Charge {
        Charge(share == 1 ? entries : entries.map { $0.divided(among: share) }, network: charge.network)
    }
}
