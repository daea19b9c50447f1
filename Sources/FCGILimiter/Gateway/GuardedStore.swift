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
        case own(any Store)
        /// It may be away, and is asked where the watch admits it.
        case watched(StoreWatch)
    }

    /// What is known of a charge.
    enum Ruling {
        /// The store decided.
        case verdict(Verdict)
        /// It did not, and the store of this machine decided what of the charge is counted there.
        case local(Verdict, Charge)
        /// None did, and this is the answer instead.
        case failure(StoreFailureAnswer)

        /// The finding about the request of this charge.
        func finding(_ charge: Charge) -> Finding {
            switch self {
            case .failure(let answer): .undecided(answer)
            case .verdict(let verdict): Self.finding(verdict, charge)
            case .local(let verdict, let charge): Self.finding(verdict, charge)
            }
        }

        private static func finding(_ verdict: Verdict, _ charge: Charge) -> Finding {
            verdict.isAllowed ? .admitted(verdict, charge) : .refused(verdict, charge)
        }
    }

    let onFailure: StoreFailureAnswer
    private let source: Source
    private let local: LocalStore?
    private let logger: Logger
    /// Of a watched store: what is asked; `nil` while there is nothing to ask.
    private var held: StoreWatch.Spare?
    private var localStore: (any Store)?
    private var isFailing = false
    private var isLocalFailing = false
    private var hasWarned = false

    /// A guard for one event loop.
    ///
    /// - Parameters:
    ///   - source: how the store is come by.
    ///   - onFailure: the answer of policies that name none.
    ///   - local: what decides where that is `local`; `nil` where nothing does, and requests pass.
    ///   - logger: takes a line where a store begins to fail, and where it works again.
    init(_ source: Source, onFailure: StoreFailureAnswer, local: LocalStore?, logger: Logger) {
        self.source = source
        self.onFailure = onFailure
        self.local = local
        self.logger = logger
    }

    /// One ruling for each charge, and why the store gave none where it gave none.
    func charge(_ charges: [Charge]) -> ([Ruling], StoreError?) {
        guard !charges.isEmpty else { return ([], nil) }
        do throws(StoreError) {
            let verdicts = try ask { store throws(StoreError) in try store.charge(charges) }
            return (verdicts.map { .verdict($0) }, nil)
        } catch {
            return (fallback(charges), error)
        }
    }

    /// Asks the store for a sign of life, where it is not known to be away.
    func check() throws(StoreError) {
        try ask { store throws(StoreError) in try store.check() }
    }

    private func ask<Value>(_ body: (any Store) throws(StoreError) -> Value) throws(StoreError) -> Value {
        switch source {
        case .own(let store):
            do throws(StoreError) {
                let value = try body(store)
                noteSuccess(of: store)
                return value
            } catch {
                note(error)
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

    /// What is answered without the store, as the policies say: one that denies is enough; else those that are to be
    /// counted on this machine are, and the others pass.
    private func fallback(_ charges: [Charge]) -> [Ruling] {
        var rulings: [Ruling] = []
        var localCharges: [Charge] = []
        var places: [Int] = []
        for charge in charges {
            let isDenied = charge.entries.contains { $0.policy.mode == .enforced && answer(of: $0.policy) == .deny }
            rulings.append(.failure(isDenied ? .deny : .allow))
            guard !isDenied, let local else { continue }
            let counted = charge.entries.filter { answer(of: $0.policy) == .local }
            guard !counted.isEmpty else { continue }
            places.append(rulings.count - 1)
            localCharges.append(local.charge(counted))
        }
        guard let verdicts = localVerdicts(on: localCharges) else { return rulings }
        for (index, place) in places.enumerated() { rulings[place] = .local(verdicts[index], localCharges[index]) }
        return rulings
    }

    private func answer(of policy: Policy) -> StoreFailureAnswer { policy.onStoreFailure ?? onFailure }

    /// What the store of this machine decides; `nil` where it fails too.
    private func localVerdicts(on charges: [Charge]) -> [Verdict]? {
        guard let local, !charges.isEmpty else { return nil }
        do throws(StoreError) {
            if localStore == nil { localStore = try local.open() }
            guard let verdicts = try localStore?.charge(charges) else { return nil }
            isLocalFailing = false
            return verdicts
        } catch {
            if !isLocalFailing { logger.error("\(error); until it can be used, requests pass uncounted") }
            isLocalFailing = true
            return nil
        }
    }

    private func noteSuccess(of store: any Store) {
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
        logger.error("\(error); until it answers, \(onFailure.meanwhile)")
    }
}

extension StoreFailureAnswer {
    /// What happens to requests meanwhile, for the log.
    var meanwhile: String {
        switch self {
        case .allow: "requests pass uncounted"
        case .deny: "requests are answered 503"
        case .local: "requests are counted by this machine alone"
        }
    }
}
