import Limiters
import Logging
import Stores

/// The store of one event loop, which may fail: there is a ruling on each charge in any case.
///
/// This is the place between the requests and the store: whatever keeps a failing store off a request's way goes here.
final class GuardedStore {
    /// How the store is come by.
    enum Source {
        /// It is this loop's own and asked with each batch: it answers or fails at once, as a file of this machine does.
        case own(any Store, Logger)
        /// It may be away, and is asked where the watch admits it.
        case watched(StoreWatch)
    }

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
    private let source: Source
    /// Of a watched store: what is asked; `nil` while there is nothing to ask.
    private var held: StoreWatch.Spare?
    private var isFailing = false
    private var hasWarned = false

    init(_ source: Source, onFailure: StoreFailureAnswer) {
        self.source = source
        self.onFailure = onFailure
    }

    /// One ruling for each charge, and why the store gave none where it gave none.
    func charge(_ charges: [Charge]) -> ([Ruling], StoreError?) {
        guard !charges.isEmpty else { return ([], nil) }
        do throws(StoreError) {
            let verdicts = try ask { store throws(StoreError) in try store.charge(charges) }
            return (verdicts.map { .verdict($0) }, nil)
        } catch {
            return (charges.map { .failure(answer(to: $0)) }, error)
        }
    }

    /// Asks the store for a sign of life, where it is not known to be away.
    func check() throws(StoreError) {
        try ask { store throws(StoreError) in try store.check() }
    }

    private func ask<Value>(_ body: (any Store) throws(StoreError) -> Value) throws(StoreError) -> Value {
        switch source {
        case .own(let store, let logger):
            do throws(StoreError) {
                let value = try body(store)
                noteSuccess(of: store, logger)
                return value
            } catch {
                note(error, logger)
                throw error
            }
        case .watched(let watch):
            guard watch.admits(&held), let spare = held else { throw watch.error }
            let start = steadyMicroseconds()
            do throws(StoreError) {
                let value = try body(spare.store)
                watch.succeeded(spare, took: steadyMicroseconds() - start)
                return value
            } catch {
                held = nil
                watch.failed(spare, error)
                throw error
            }
        }
    }

    /// What the policies of a request say of a failing store: one that denies is enough.
    private func answer(to charge: Charge) -> StoreFailureAnswer {
        let enforced = charge.entries.lazy.filter { $0.policy.mode == .enforced }
        return enforced.contains { ($0.policy.onStoreFailure ?? onFailure) == .deny } ? .deny : .allow
    }

    private func noteSuccess(of store: any Store, _ logger: Logger) {
        if isFailing {
            isFailing = false
            logger.notice("the store answers again")
        }
        if !hasWarned, let warning = store.warning {
            hasWarned = true
            logger.warning("\(warning)")
        }
    }

    private func note(_ error: StoreError, _ logger: Logger) {
        guard !isFailing else { return }
        isFailing = true
        logger.error("\(error); until it answers, \(onFailure.meanwhile)")
    }
}

extension StoreFailureAnswer {
    /// What happens to requests meanwhile, for the log.
    var meanwhile: String {
        switch self {
        case .allow: "requests pass uncounted"
        case .deny: "requests are answered 503"
        }
    }
}
