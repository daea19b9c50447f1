import Glibc
import Limiters
import Platform
import Rules
import Stores

/// The limiter's store and rules, as one worker reads them.
final class LiveStore {
    /// The remaining units of a client in a policy.
    struct Left {
        let policy: Policy
        let decision: Decision
    }

    enum StoreState {
        /// The store answered within so many microseconds.
        case up(Double)
        /// No limiter has created the store yet.
        case absent
        /// One line that says what is wrong.
        case down(String)
    }

    let location: StoreLocation
    private let shelf: StoreShelf
    /// The rules file; `nil` for the rules of the sample endpoints.
    let path: String?
    private var session: StoreSession?
    private var rulebook: Rulebook?
    /// The time and size of the rules file when it was read.
    private var seen: [Int] = []

    init(_ shelf: StoreShelf, rules path: String?, location: StoreLocation) {
        self.shelf = shelf
        self.path = path
        self.location = location
    }

    /// The remaining units of a client in each policy that may count it.
    ///
    /// Asks by a charge of 0 units, which changes nothing.
    ///
    /// - Throws: ``Problem`` that says why they are not known.
    func left(_ client: String) throws(Problem) -> [Left] {
        guard !client.hasPrefix("hashed="), client != "other" else {
            throw Problem(
                .unavailable, "The store cannot look up \(client).",
                "Limiters that hash client names cannot tell which client has a hash.")
        }
        let charge = try charge(client)
        guard let session = try openedSession() else {
            throw Problem(.unavailable, "\(location): no limiter has created this store yet.", Self.remedy)
        }
        do throws(StoreError) {
            let verdict = try session.peek(charge.entries)
            return zip(charge.entries, verdict.decisions).map { Left(policy: $0.policy, decision: $1) }
        } catch {
            throw Problem(.unavailable, error.description, Self.remedy)
        }
    }

    /// The quota of the chosen policy for the chosen client, or for everybody if the policy counts everybody together.
    ///
    /// - Returns: `nil` if no policy is chosen, if it has no quota for all that the filter chooses, or if the quota is unknown.
    func quota(_ filter: Filter) -> Quota? {
        guard let name = filter.policy else { return nil }
        return try? charge(filter.client ?? "all").entries.map(\.policy).first { $0.name == name }?.quota
    }

    /// What the rules may charge a client.
    ///
    /// - Throws: ``Problem`` if the client is on a list, or unknown to the rules.
    private func charge(_ client: String) throws(Problem) -> Charge {
        let (rules, list) = (try rules(), try overrides())
        let remedy = "The rules count no request of this client now."
        let named: NamedClient
        do throws(UnknownClient) {
            if let table = rules.overrideTable(list.overrides) {
                named = try rules.client(named: client, overrides: table, now: list.now)
            } else {
                named = try rules.client(named: client)
            }
        } catch {
            throw Problem(.unavailable, error.description, remedy)
        }
        guard let list = named.list else { return named.charge }
        let reason = named.overrides.first.map { "An override is in force for \($0.summary)." }
        throw Problem(.unavailable, reason ?? "The client is on the \(list.rawValue) list.", remedy)
    }

    static let remedy = "Start the dashboard with the --store and --rules of the limiters."

    /// The state of the store now.
    var state: StoreState {
        do throws(Problem) {
            guard let session = try openedSession() else { return .absent }
            let asked = steadyMicroseconds()
            do throws(StoreError) {
                try session.check()
                return .up(Double(steadyMicroseconds() - asked))
            } catch {
                return .down(error.description)
            }
        } catch {
            return .down(error.title)
        }
    }

    func openedSession() throws(Problem) -> StoreSession? {
        if let session { return session }
        do throws(StoreError) {
            session = try shelf.makeSession()
            return session
        } catch {
            throw Problem(.unavailable, error.description, Self.remedy)
        }
    }

    /// The text of the rules file now.
    func rulesText() throws(Problem) -> String {
        do throws(RulesError) { return String(decoding: try Rulebook.text(path: path), as: UTF8.self) } catch {
            throw Problem(.unavailable, error.description, Self.remedy)
        }
    }

    /// The rules in an edited text of the rules file.
    ///
    /// - Throws: ``Problem`` about the first mistake. It shows nothing of another file that the text names.
    func edited(_ text: String) throws(Problem) -> Rulebook {
        let file = path ?? "limits.yaml"
        do throws(RulesError) { return try Rulebook.parse(text.utf8, file: file).0 } catch {
            let isElsewhere = error.location.file != file
            throw Problem(
                .malformed, isElsewhere ? "\(error.location.file) is not a valid file of keys." : error.description,
                "Nothing was tried.")
        }
    }

    /// The rules in their file now.
    func rules() throws(Problem) -> Rulebook {
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
