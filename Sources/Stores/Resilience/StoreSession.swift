public import Limiters
import Logging
import Platform

/// One owner's use of a ``ResilientStore``: an event loop's, or a worker's.
///
/// A request goes through these stages until one of them decides:
///
///     cached refusal ─▶ store, if the breaker allows ─▶ fallback store, for policies with `local` ─▶ allow or deny
///
/// One thread at a time uses a session.
public final class StoreSession {
    /// Why the store did not decide requests of the last batch; `nil` if it decided all that it was asked.
    public private(set) var error: StoreError?
    /// Whether the last batch went to the store.
    public private(set) var wasAsked = false

    private let shared: ResilientStore
    private let refusals = RefusalCache()
    /// The store of this session, if no monitor provides it.
    private let own: (any Store)?
    /// The store that the monitor provided; `nil` while there is none.
    private var connected: StoreMonitor.Connected?
    private var fallbackStore: (any Store)?
    private var failedPartBefore: StoreError?
    private var hasWarned = false

    init(_ shared: ResilientStore) {
        self.shared = shared
        own = if case .direct(let open) = shared.source { open() } else { nil }
    }

    /// Why a part of the store is not asked now; `nil` if all parts are, or none.
    public var failedPart: StoreError? { (own ?? connected?.store)?.failedPart }

    /// The used share of an embedded store's room, 1 or more if it is full; `nil` for other stores, and before the first use.
    public var usedShare: Double? { (own as? EmbeddedStore)?.usedShare }

    /// Decides a batch of requests.
    ///
    /// - Returns: one outcome for each charge, in their order.
    public func charge(_ charges: [Charge]) -> [RequestOutcome] {
        error = nil
        wasAsked = false
        guard !charges.isEmpty else { return [] }
        var outcomes = OutcomeList(charges)
        let asked = steadyMicroseconds()
        if case .monitored(let monitor, let subscriber) = shared.source {
            let (trust, isUnavailable) = (subscriber.trust, monitor.breaker.state != .closed)
            outcomes.decide { charge in
                refusals.find(charge, now: asked, trust: trust, isUnavailable: isUnavailable).map {
                    .decided($0, by: .cache)
                }
            }
        }
        outcomes.decideAll { askStore($0, at: asked) }
        // From here on, `on_store_failure` of the policies decides. A policy that denies decides for the whole request.
        outcomes.decide { charge in
            let isDenied = charge.entries.contains { $0.policy.mode == .enforced && answer(of: $0) == .deny }
            return isDenied ? .undecided(.deny) : nil
        }
        outcomes.decideAll { own is EmbeddedStore ? askNewcomers(own, $0) : askFallback($0) }
        let finished = outcomes.finished(.undecided(.allow))
        shared.count(finished)
        return finished
    }

    /// Checks that the store decides, unless the breaker keeps requests from it.
    ///
    /// - Throws: ``StoreError`` when the store would not decide a batch now.
    public func check() throws(StoreError) {
        try withStore { store, _ throws(StoreError) in try store.check() }
    }

    /// Decides one request without charging it.
    ///
    /// - Throws: ``StoreError`` when the store does not decide.
    public func peek(_ entries: [Charge.Entry]) throws(StoreError) -> Verdict {
        let verdicts = try withStore { store, _ throws(StoreError) in
            try store.charge([Charge(cost: 0, entries)])
        }
        guard let verdict = verdicts.first else { throw StoreError(.damaged, "\(shared.location) did not decide") }
        return verdict
    }

    /// Calls `body` with the store, for work that is not a request.
    ///
    /// - Throws: ``StoreError`` of `body`, or if the breaker keeps requests from the store.
    public func use<Value>(_ body: (any Store) throws(StoreError) -> Value) throws(StoreError) -> Value {
        try withStore { store, _ throws(StoreError) in try body(store) }
    }

    // MARK: - The store

    private func askStore(_ charges: [Charge], at asked: Microseconds) -> [RequestOutcome?] {
        var results: [Result<Verdict, StoreError>] = []
        do throws(StoreError) {
            results = try withStore { store, allowance throws(StoreError) in
                try store.attempt(allowance < charges.count ? Array(charges.prefix(allowance)) : charges)
            }
        } catch {
            self.error = error
        }
        note(failedPart: failedPart)
        var full: StoreError?
        let outcomes = results.map { result -> RequestOutcome? in
            switch result {
            case .success(let verdict):
                if own == nil, !verdict.isAllowed { refusals.insert(verdict, asked: asked) }
                return .decided(verdict, by: .store)
            case .failure(let failure):
                if own is EmbeddedStore, failure.kind == .full { full = failure } else { error = failure }
                return nil
            }
        }
        if own is EmbeddedStore, !results.isEmpty { shared.note(full: full) }
        return outcomes
    }

    /// Calls `body` with the store and the number of requests that it may be sent, and reports the result to the breaker.
    private func withStore<Value>(
        _ body: (any Store, Int) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        guard case .monitored(let monitor, _) = shared.source else { return try withOwnStore(body) }
        let allowance = monitor.allowance(&connected)
        guard allowance > 0, let connected else { throw monitor.error }
        wasAsked = true
        do throws(StoreError) {
            let value = try body(connected.store, allowance)
            monitor.succeeded(connected)
            return value
        } catch {
            if !monitor.failed(connected, error) { self.connected = nil }
            throw error
        }
    }

    private func withOwnStore<Value>(
        _ body: (any Store, Int) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        guard let own else { throw StoreError(.unreachable, "\(shared.location) is not open") }
        wasAsked = true
        do throws(StoreError) {
            let value = try body(own, .max)
            shared.note(nil)
            if !hasWarned, let warning = own.warning {
                hasWarned = true
                shared.logger.warning("\(warning)")
            }
            return value
        } catch {
            shared.note(error)
            throw error
        }
    }

    private func note(failedPart error: StoreError?) {
        defer { failedPartBefore = error }
        guard (failedPartBefore == nil) != (error == nil) else { return }
        if let error {
            shared.logger.error("\(error); until it answers, its clients' \(shared.options.onFailure.meanwhile)")
        } else if connected != nil {
            shared.logger.notice("all parts of the store answer again")
        }
    }

    // MARK: - Without the store

    private func answer(of entry: Charge.Entry) -> StoreFailureAnswer {
        entry.policy.onStoreFailure ?? shared.options.onFailure
    }

    /// The decisions of the fallback store.
    ///
    /// Only the entries that say `local` are counted, and a request without any is left open.
    private func askFallback(_ charges: [Charge]) -> [RequestOutcome?] {
        guard let fallback = shared.options.fallback else { return [] }
        let counted = charges.map { charge in
            fallback.charge(charge.entries.filter { answer(of: $0) == .local }, of: charge)
        }
        guard counted.contains(where: { !$0.entries.isEmpty }) else { return [] }
        var outcomes = OutcomeList(counted)
        do throws(StoreError) {
            if fallbackStore == nil { fallbackStore = try fallback.open() }
            let results = try fallbackStore?.attempt(counted) ?? []
            outcomes.decideAll { _ in results.map { result in (try? result.get()).map { .decided($0, by: .fallback) } }
            }
            shared.note(fallback: nil)
        } catch {
            shared.note(fallback: error)
        }
        outcomes.decideAll { askNewcomers(fallbackStore, $0) }
        let rest = outcomes.finished(.undecided(.allow))
        return zip(counted, rest).map { charge, outcome in charge.entries.isEmpty ? nil : outcome }
    }

    /// The decisions of an embedded store that is full.
    private func askNewcomers(_ store: (any Store)?, _ charges: [Charge]) -> [RequestOutcome?] {
        guard let store = store as? EmbeddedStore, let verdicts = try? store.chargeNewcomers(charges) else { return [] }
        return verdicts.map { .decided($0, by: .newcomers) }
    }
}
