import Limiters
import Logging
import Stores

/// A store that may fail: it says so once, and what to answer meanwhile.
///
/// This is the place between the requests and the store: whatever keeps a failing store off a request's way goes here.
final class GuardedStore {
    /// What is known of a charge.
    enum Ruling {
        /// The store decided.
        case verdict(Verdict)
        /// The store did not, and this is the answer instead.
        case failure(StoreFailureAnswer)

        /// The finding about the request of this charge.
        func finding(_ charge: Charge) -> Finding {
            switch self {
            case .failure(let answer): .undecided(answer)
            case .verdict(let verdict): verdict.isAllowed ? .admitted(verdict, charge) : .refused(verdict, charge)
            }
        }
    }

    let onFailure: StoreFailureAnswer
    private let store: any Store
    private let logger: Logger
    private var isFailing = false
    private var hasWarned = false

    init(_ store: any Store, onFailure: StoreFailureAnswer, logger: Logger) {
        self.store = store
        self.onFailure = onFailure
        self.logger = logger
    }

    /// One ruling for each charge.
    func charge(_ charges: [Charge]) -> ([Ruling], StoreError?) {
        guard !charges.isEmpty else { return ([], nil) }
        do throws(StoreError) {
            let verdicts = try store.charge(charges)
            noteSuccess()
            return (verdicts.map { .verdict($0) }, nil)
        } catch {
            note(error)
            return (charges.map { .failure(answer(to: $0)) }, error)
        }
    }

    /// Asks the store for a sign of life.
    func check() throws(StoreError) {
        do throws(StoreError) {
            try store.check()
            noteSuccess()
        } catch {
            note(error)
            throw error
        }
    }

    /// What the policies of a request say of a failing store: one that denies is enough.
    private func answer(to charge: Charge) -> StoreFailureAnswer {
        let enforced = charge.entries.lazy.filter { $0.policy.mode == .enforced }
        return enforced.contains { ($0.policy.onStoreFailure ?? onFailure) == .deny } ? .deny : .allow
    }

    private func noteSuccess() {
        if isFailing {
            isFailing = false
            logger.notice("the store answers again")
        }
        if !hasWarned, let warning = store.warning {
            hasWarned = true
            logger.warning("\(warning)")
        }
    }

    private func note(_ error: StoreError) {
        guard !isFailing else { return }
        isFailing = true
        let meanwhile = onFailure == .allow ? "requests pass uncounted" : "requests are answered 503"
        logger.error("\(error); until it answers, \(meanwhile)")
    }
}
