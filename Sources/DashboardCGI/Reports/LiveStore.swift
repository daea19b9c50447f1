import Glibc
import Limiters
import Platform
import Rules
import Stores
import Synchronization

/// Where all workers find the store; it is opened when it is first needed, and then once.
final class StoreShelf: Sendable {
    private let location: StoreLocation
    private let opener = Mutex<(@Sendable () -> any Store)?>(nil)

    init(_ location: StoreLocation) {
        self.location = location
    }

    /// The store for one worker.
    ///
    /// - Throws: ``StoreError`` when it cannot be opened.
    func open() throws(StoreError) -> (any Store)? {
        // A store that no limiter has made is not to be made here, where it would be another user's.
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

/// The limiter's own store and rules, as one worker asks them.
final class LiveStore {
    /// What a client has left in a policy.
    struct Left {
        let policy: Policy
        let decision: Decision
    }

    /// How the store does.
    enum StoreState {
        /// It answered within so many microseconds.
        case up(Double)
        /// No limiter has made it.
        case absent
        case down(String)
    }

    let location: StoreLocation
    private let shelf: StoreShelf
    private let path: String?
    private var store: (any Store)?
    private var rulebook: Rulebook?
    /// The rules file's time and size when it was read.
    private var seen: [Int] = []

    init(_ shelf: StoreShelf, rules path: String?, location: StoreLocation) {
        self.shelf = shelf
        self.path = path
        self.location = location
    }

    /// What a client has left now in each policy of the rules, by a charge of 0 units, which changes nothing.
    ///
    /// - Throws: ``Problem`` that says why it cannot be known.
    func left(_ client: String) throws(Problem) -> [Left] {
        guard !client.hasPrefix("hashed="), let identity = Identity(written: client), client != "other" else {
            throw Problem(
                .unavailable, "\(client) is no identity that the store knows.",
                "Where limiters record clients hashed, their names cannot be found again.")
        }
        let policies = try rules().policies
        guard let store = try openedStore() else {
            throw Problem(.unavailable, "\(location): no limiter has made this store yet.", Self.remedy)
        }
        do throws(StoreError) {
            let entries = policies.map { Charge.Entry($0, for: identity) }
            let verdict = try store.charge([Charge(cost: 0, entries)]).first
            return zip(policies, verdict?.decisions ?? []).map { Left(policy: $0, decision: $1) }
        } catch {
            throw Problem(.unavailable, error.description, Self.remedy)
        }
    }

    private static let remedy = "Start the dashboard with the --store and --rules of the limiters."

    /// How the store does now.
    var state: StoreState {
        do throws(Problem) {
            guard let store = try openedStore() else { return .absent }
            let asked = steadyMicroseconds()
            do throws(StoreError) {
                try store.check()
                return .up(Double(steadyMicroseconds() - asked))
            } catch {
                return .down(error.description)
            }
        } catch {
            return .down(error.title)
        }
    }

    private func openedStore() throws(Problem) -> (any Store)? {
        if let store { return store }
        do throws(StoreError) {
            store = try shelf.open()
            return store
        } catch {
            throw Problem(.unavailable, error.description, Self.remedy)
        }
    }

    /// The rules as their file has them now.
    private func rules() throws(Problem) -> Rulebook {
        guard let path else { return .samples }
        var status = stat()
        let isThere = stat(path, &status) == 0
        let current = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, Int(status.st_size)]
        if let rulebook, isThere, current == seen { return rulebook }
        do throws(RulesError) {
            let read = try Rulebook.load(path: path).0
            (rulebook, seen) = (read, current)
            return read
        } catch {
            throw Problem(.unavailable, error.description, Self.remedy)
        }
    }
}
