import Limiters
import Logging
import Platform
import Stores

/// The store of one event loop, which may fail: there is a ruling on each charge in any case.
///
/// This is the place between the requests and the store: whatever keeps a failing store off a request's way goes here.
final class ResilientStore {
    /// How the store is come by.
    enum Source {
        /// It is this loop's own and asked with each batch: it answers or fails at once, as a file of this machine does.
        case own(any Store)
        /// It may be away, and is asked where the watch admits it. What it refuses is remembered.
        case watched(StoreMonitor, ResetSubscriber)
    }

    /// What is known of a charge.
    enum Ruling {
        /// The store decided.
        case verdict(Verdict)
        /// The store refused before, until a moment that has not come, by these policies.
        case remembered(Verdict, Charge)
        /// It did not, and the store of this machine decided what of the charge is counted there.
        case local(Verdict, Charge)
        /// None did, and this is the answer instead.
        case failure(StoreFailureAnswer)

        /// The finding about the request of this charge.
        func finding(_ charge: Charge) -> Finding {
            switch self {
            case .failure(let answer): .undecided(answer)
            case .verdict(let verdict): Self.finding(verdict, charge)
            case .remembered(let verdict, let charge), .local(let verdict, let charge): Self.finding(verdict, charge)
            }
        }

        private static func finding(_ verdict: Verdict, _ charge: Charge) -> Finding {
            verdict.isAllowed ? .admitted(verdict, charge) : .refused(verdict, charge)
        }
    }

    let onFailure: StoreFailureAnswer
    private let source: Source
    private let local: FallbackStore?
    private let namedKind: String?
    private let logger: Logger
    /// Of a watched store: what is asked; `nil` while there is nothing to ask.
    private var held: StoreMonitor.Spare?
    private let refusals = RefusalCache()
    private var localStore: (any Store)?
    /// Whether the store of the batch before could not be asked, so that what was decided says nothing of it.
    private(set) var isUnavailable = false
    private var isFailing = false
    private var isPartFailing = false
    private var isLocalFailing = false
    private var hasWarned = false

    /// A guard for one event loop.
    ///
    /// - Parameters:
    ///   - source: how the store is come by.
    ///   - onFailure: the answer of policies that name none.
    ///   - local: what decides where that is `local`; `nil` where nothing does, and requests pass.
    ///   - namedKind: what ``header`` calls the store; `nil` where it is not to be sent.
    ///   - logger: takes a line where a store begins to fail, and where it works again.
    init(_ source: Source, onFailure: StoreFailureAnswer, local: FallbackStore?, namedKind: String?, logger: Logger) {
        self.source = source
        self.onFailure = onFailure
        self.local = local
        self.namedKind = namedKind
        self.logger = logger
    }

    /// What watches over the store; `nil` where it answers or fails at once.
    var watch: StoreMonitor? {
        if case .watched(let watch, _) = source { watch } else { nil }
    }

    /// Why a part of the store is not asked now; `nil` where all of it is, or none.
    var failedPart: StoreError? { held?.store.failedPart }

    /// The header that says who decided, as the breaker is now; `nil` where it is not switched on.
    var header: StoreHeader? {
        namedKind.map { StoreHeader(kind: $0, state: watch?.breaker.state) }
    }

    /// One ruling for each charge, and why the store gave none where it gave none.
    func charge(_ charges: [Charge]) -> ([Ruling], StoreError?) {
        guard !charges.isEmpty else { return ([], nil) }
        guard case .watched(let watch, let resets) = source else { return decide(charges) }

        let now = steadyMicroseconds()
        let trust = resets.trust
        isUnavailable = watch.isUnavailable
        var rulings: [Ruling] = []
        rulings.reserveCapacity(charges.count)
        var unknown: [Charge] = []
        var places: [Int] = []
        for charge in charges {
            if let (verdict, refusing) = refusals.find(charge, now: now, trust: trust, isUnavailable: isUnavailable) {
                rulings.append(.remembered(verdict, refusing))
            } else {
                unknown.append(charge)
                places.append(rulings.count)
                // In its place until it is decided.
                rulings.append(.failure(.allow))
            }
        }
        watch.add(charges.count - unknown.count, to: .memory)
        guard !unknown.isEmpty else { return (rulings, nil) }
        let (decided, error) = decide(unknown)
        for (index, ruling) in decided.enumerated() {
            rulings[places[index]] = ruling
            if case .verdict(let verdict) = ruling, !verdict.isAllowed {
                refusals.remember(verdict, on: unknown[index], asked: now)
            }
        }
        return (rulings, error)
    }

    private func decide(_ charges: [Charge]) -> ([Ruling], StoreError?) {
        do throws(StoreError) {
            guard watch != nil else {
                let verdicts = try ask { store throws(StoreError) in try store.charge(charges) }
                return (verdicts.map { .verdict($0) }, nil)
            }
            let (results, failedPart) = try ask { store throws(StoreError) in
                (try store.attempt(charges), store.failedPart)
            }
            note(failedPart: failedPart)
            return complete(results, on: charges)
        } catch {
            return (fallback(charges), error)
        }
    }

    /// The rulings on charges of which parts of the store may have decided only some.
    private func complete(
        _ results: [Result<Verdict, StoreError>], on charges: [Charge]
    ) -> ([Ruling], StoreError?) {
        var rulings: [Ruling] = []
        rulings.reserveCapacity(charges.count)
        var failed: [Int] = []
        var failure: StoreError?
        for (index, result) in results.enumerated() {
            switch result {
            case .success(let verdict): rulings.append(.verdict(verdict))
            case .failure(let error):
                rulings.append(.failure(.allow))
                failed.append(index)
                failure = error
            }
        }
        guard failure != nil else { return (rulings, nil) }
        for (index, ruling) in zip(failed, fallback(failed.map { charges[$0] })) { rulings[index] = ruling }
        return (rulings, failure)
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
        case .watched(let watch, _):
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
        let verdicts = localVerdicts(on: localCharges) ?? []
        watch?.add(verdicts.count, to: .local)
        watch?.add(charges.count - verdicts.count, to: .none)
        for (place, (verdict, charge)) in zip(places, zip(verdicts, localCharges)) {
            rulings[place] = .local(verdict, charge)
        }
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

    private func note(failedPart error: StoreError?) {
        guard isPartFailing != (error != nil) else { return }
        isPartFailing = error != nil
        if let error {
            logger.error("\(error); until it answers, of its clients \(onFailure.meanwhile)")
        } else {
            logger.notice("all parts of the store answer again")
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
