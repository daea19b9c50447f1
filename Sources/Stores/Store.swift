public import Limiters

/// Keeps the states of all keys, and is the clock of all decisions.
///
/// One owner at a time uses a store: every event loop opens its own.
public protocol Store: AnyObject {
    /// One line about a store that works but is not set up well; `nil` if there is nothing to say.
    var warning: String? { get }

    /// Why a part of the store is not asked now; `nil` if all parts are.
    var failedPart: StoreError? { get }

    /// Decides a batch of requests in order, each under all its policies, and charges each request that is allowed.
    ///
    /// A refused request changes nothing. The next request of the batch sees what the earlier ones were charged. Requests
    /// can fail apart: when one node of a cluster is down, or when a full store has no room for a new key.
    ///
    /// - Parameters:
    ///   - charges: the requests.
    ///   - clock: a time of the caller's choice, for tests; `nil` for the store's own clock.
    /// - Returns: one result for each charge, in their order. A charge that failed may or may not have been charged, unless
    ///   the failure is ``StoreError/Kind/full``: then it was not.
    /// - Throws: ``StoreError`` if nothing is known of any charge.
    func attempt(_ charges: [Charge], clock: Microseconds?) throws(StoreError) -> [Result<Verdict, StoreError>]

    /// Gives units back.
    ///
    /// - Parameters:
    ///   - refunds: what policies were charged.
    ///   - clock: as for ``attempt(_:clock:)``.
    /// - Returns: how many of the refunds changed a state.
    /// - Throws: ``StoreError``. Then some units may be given back and others not.
    func refund(_ refunds: [Refund], clock: Microseconds?) throws(StoreError) -> Int

    /// Removes the states of these keys, so that their quotas are full again.
    ///
    /// - Returns: how many of the keys were in use.
    /// - Throws: ``StoreError``. Then some keys may be removed and others not.
    func reset(_ keys: [Key]) throws(StoreError) -> Int

    /// Reads a text that all users of the store share.
    ///
    /// - Parameters:
    ///   - name: which text.
    ///   - known: the version that the caller has read before; 0 for none.
    /// - Returns: the text, its version, and the store's clock.
    /// - Throws: ``StoreError``.
    func sharedText(_ name: SharedText.Name, known: Int64) throws(StoreError) -> SharedText

    /// Replaces a text that all users of the store share, if nobody has changed it meanwhile.
    ///
    /// - Parameters:
    ///   - name: which text.
    ///   - known: the version that the new text is based on; 0 if there was no text.
    ///   - bytes: the new text, in UTF-8.
    ///   - until: when the store may remove the text, by its own clock.
    /// - Returns: the new version without its text, or what somebody else has written instead.
    /// - Throws: ``StoreError``.
    func replaceSharedText(
        _ name: SharedText.Name, known: Int64, by bytes: [UInt8], until: Microseconds
    ) throws(StoreError) -> SharedText

    /// Checks that the store decides, at about the cost of a small batch.
    ///
    /// - Throws: ``StoreError`` when a batch would fail now.
    func check() throws(StoreError)
}

extension Store {
    /// `nil`, unless the store says otherwise.
    public var warning: String? { nil }

    /// `nil`, unless the store has parts.
    public var failedPart: StoreError? { nil }

    /// Decides a batch like ``attempt(_:clock:)``, by the store's own clock.
    public func attempt(_ charges: [Charge]) throws(StoreError) -> [Result<Verdict, StoreError>] {
        try attempt(charges, clock: nil)
    }

    /// Decides a batch like ``attempt(_:clock:)``, for a caller that needs all verdicts.
    ///
    /// - Throws: ``StoreError`` of the first charge that failed.
    public func charge(_ charges: [Charge], clock: Microseconds? = nil) throws(StoreError) -> [Verdict] {
        try attempt(charges, clock: clock).map { result throws(StoreError) in try result.get() }
    }
}
