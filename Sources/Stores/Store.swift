public import Limiters

/// Keeps the states of all keys, and is the clock that decisions go by.
///
/// One owner at a time uses it: every event loop opens its own.
public protocol Store: AnyObject {
    /// What is worth knowing of a store that works, in one line; `nil` where there is nothing.
    var warning: String? { get }

    /// Why a part of the store is not asked now; `nil` where all of it is.
    var failedPart: StoreError? { get }

    /// Decides a batch of requests in order, each against all its policies, and charges each that is allowed.
    ///
    /// A refused request changes nothing; the next request of the batch sees what the earlier ones took.
    ///
    /// - Returns: one verdict for each charge, in their order.
    /// - Throws: ``StoreError``. Then nothing is known of the batch: it may or may not have been charged.
    func charge(_ charges: [Charge]) throws(StoreError) -> [Verdict]

    /// As ``charge(_:)``, for a store whose parts can fail apart: what is known of each charge, in their order.
    ///
    /// A cluster of which one node is away gives verdicts on the others' charges, and keeps that node off the way of
    /// later batches by itself.
    ///
    /// - Throws: ``StoreError`` where no part of the store answers.
    func attempt(_ charges: [Charge]) throws(StoreError) -> [Result<Verdict, StoreError>]

    /// Forgets what is kept under these keys: their quotas are full again.
    ///
    /// - Returns: how many of them were in use.
    /// - Throws: ``StoreError``. Then some of them may be forgotten and others not.
    func reset(_ keys: [Key]) throws(StoreError) -> Int

    /// Asks the store for a sign of life, as costly as a small batch.
    ///
    /// - Throws: ``StoreError`` when a batch would fail now.
    func check() throws(StoreError)
}

extension Store {
    /// Nothing, unless the store says otherwise.
    public var warning: String? { nil }

    /// Nothing, unless the store has parts.
    public var failedPart: StoreError? { nil }

    /// All or nothing, unless the store says otherwise.
    public func attempt(_ charges: [Charge]) throws(StoreError) -> [Result<Verdict, StoreError>] {
        try charge(charges).map { .success($0) }
    }
}
