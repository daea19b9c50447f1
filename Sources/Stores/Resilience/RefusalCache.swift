public import Limiters

/// Refusals that hold until a known moment, remembered so that the store need not be asked again before it.
///
/// Only time gives a unit back, so a refused request is refused until the moment that its refusal named, whatever else
/// happens; but for a reset, of which ``Trust`` knows. Time counts by this machine's steady clock from before the store
/// was asked, less a thousandth for clocks that run unevenly, so that nobody is refused longer than by the store.
///
/// One owner at a time; at most ``capacity`` refusals, about 400 bytes each.
public final class RefusalCache {
    /// How many refusals fit; of more, those that end soonest are forgotten.
    public static let capacity = setCount * setSize

    /// Which of what was learned can be relied on, by times of the steady clock.
    public struct Trust: Sendable, Hashable {
        /// What was learned before this moment no longer counts: a reset may have come since.
        public let from: Microseconds
        /// Up to this moment no reset has come.
        public let until: Microseconds

        /// What was learned since `from` holds, and no reset can have come before `until`.
        public init(from: Microseconds, until: Microseconds) {
            self.from = from
            self.until = until
        }

        /// Resets are not known of.
        public static let none = Trust(from: 0, until: 0)
    }

    /// How long a reset may stay unnoticed, and how long a refusal counts while resets are not known of.
    public static let ignorance: Microseconds = 1_000_000

    private static let setCount = 1 << 14
    private static let setSize = 8

    /// Sets of ``setSize`` places; a refusal is in one of the places of the set that its request's hash names.
    private var places: [CachedRefusal?] = []
    /// The hashes of what is there: a set's fill a line of the processor's cache.
    private var hashes: [Int] = []

    /// None yet.
    public init() {}

    /// The refusal of a request that has been refused before, as it is at this moment; `nil` where the store must be asked.
    ///
    /// - Parameters:
    ///   - charge: the request.
    ///   - now: the steady clock.
    ///   - trust: what is known of resets.
    ///   - isUnavailable: whether the store cannot be asked; then what could only be out of date holds.
    /// - Returns: the verdict, and the policies that refuse at this moment; of the others nothing is known.
    public func find(
        _ charge: Charge, now: Microseconds, trust: Trust, isUnavailable: Bool
    ) -> (verdict: Verdict, refusing: Charge)? {
        guard !places.isEmpty else { return nil }
        let hash = Self.hash(charge)
        for place in Self.set(of: hash) {
            guard hashes[place] == hash, let denial = places[place], denial.isAbout(charge) else { continue }
            guard now < denial.end, denial.learned >= trust.from,
                isUnavailable || now <= max(trust.until, denial.learned) + Self.ignorance
            else { return nil }
            return denial.verdict(now: now)
        }
        return nil
    }

    /// Remembers what a store decided where it is a refusal until a known moment.
    ///
    /// - Parameters:
    ///   - verdict: of the store.
    ///   - charge: the request.
    ///   - asked: the steady clock before the store was asked.
    public func remember(_ verdict: Verdict, on charge: Charge, asked: Microseconds) {
        guard case .refused = verdict.admission else { return }
        if places.isEmpty {
            places = Array(repeating: nil, count: Self.capacity)
            hashes = Array(repeating: 0, count: Self.capacity)
        }
        let hash = Self.hash(charge)
        var best = Self.set(of: hash).lowerBound
        for place in Self.set(of: hash) {
            guard let other = places[place] else {
                best = place
                continue
            }
            if hashes[place] == hash, other.isAbout(charge) {
                best = place
                break
            }
            if let worst = places[best], other.end < worst.end { best = place }
        }
        places[best] = CachedRefusal(verdict, charge, learned: asked)
        hashes[best] = hash
    }

    private static func set(of hash: Int) -> Range<Int> {
        let first = (hash & (setCount - 1)) * setSize
        return first..<first + setSize
    }

    /// Seeded anew in each process, so that no client can choose its set.
    private static func hash(_ charge: Charge) -> Int {
        var hasher = Hasher()
        for entry in charge.entries {
            entry.key.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
            hasher.combine(entry.cost)
        }
        return hasher.finalize()
    }
}

/// One remembered refusal.
private final class CachedRefusal {
    /// By the steady clock: before the store was asked, and from when on the store must be asked again.
    let learned: Microseconds
    let end: Microseconds
    private let entries: [Charge.Entry]
    private let storeNow: Microseconds
    /// The enforced policies that refuse, and what they said.
    private var refusing: Charge
    private var decisions: [Decision]
    /// When the first of them ends.
    private var firstEnd: Microseconds

    init(_ verdict: Verdict, _ charge: Charge, learned: Microseconds) {
        self.learned = learned
        entries = charge.entries
        storeNow = verdict.now
        let refusals = charge.entries.indices.filter {
            charge.entries[$0].policy.mode == .enforced && verdict.decisions[$0].retryAfter != nil
        }
        refusing = Charge(refusals.map { charge.entries[$0] })
        decisions = refusals.map { verdict.decisions[$0] }
        let waits = decisions.compactMap(\.retryAfter)
        firstEnd = learned + (waits.min() ?? 0)
        let wait = waits.max() ?? 0
        // Smaller requests than one of many units may pass meanwhile, and change what its headers say.
        let isFinal = refusing.entries.allSatisfy { $0.cost == 1 }
        end = learned + (isFinal ? wait - wait / 1_000 : min(wait - wait / 1_000, RefusalCache.ignorance))
    }

    /// Whether a request is the one that was refused: the same keys and costs under the same quotas.
    func isAbout(_ charge: Charge) -> Bool {
        guard charge.entries.count == entries.count else { return false }
        for index in entries.indices {
            let (mine, its) = (entries[index], charge.entries[index])
            guard mine.cost == its.cost, mine.policy.quota == its.policy.quota, mine.policy.mode == its.policy.mode,
                mine.key == its.key
            else { return false }
        }
        return true
    }

    /// What the store would say at this moment of those policies that still refuse.
    func verdict(now: Microseconds) -> (verdict: Verdict, refusing: Charge) {
        let elapsed = now - learned
        if now >= firstEnd { forgetEnded(elapsed) }
        let left = decisions.map { decision in
            Decision(
                admission: .refused(retryAfter: (decision.retryAfter ?? 0) - elapsed), limit: decision.limit,
                remaining: decision.remaining, resetAfter: decision.resetAfter - elapsed)
        }
        return (Verdict(left, on: refusing, now: storeNow + elapsed), refusing)
    }

    private func forgetEnded(_ elapsed: Microseconds) {
        let refusals = decisions.indices.filter { (decisions[$0].retryAfter ?? 0) > elapsed }
        refusing = Charge(refusals.map { refusing.entries[$0] })
        decisions = refusals.map { decisions[$0] }
        firstEnd = learned + (decisions.compactMap(\.retryAfter).min() ?? 0)
    }
}
