public import Limiters

/// A cache of refusals, so that the store is not asked again before a refusal ends.
///
/// Only time frees a unit, so a refused request stays refused until the time that its refusal named. There are two exceptions: a
/// reset, which ``Trust`` is about, and a refund after a request, because of which refusals by refundable policies are not cached.
/// Time is measured by this machine's steady clock from before the store was asked, less a thousandth for clocks that run unevenly.
/// So no client is refused longer than by the store. As a store can also lose its data, it is asked again at least once per minute.
///
/// The cache has one owner at a time. It holds at most ``capacity`` refusals of about 400 bytes each. Those that have ended are
/// dropped by and by, so its memory follows the clients that are refused at a time, not all that ever were.
public final class RefusalCache {
    /// The maximum number of refusals; beyond it, those that expire first are dropped.
    public static let capacity = setCount * setSize

    /// Which refusals can be relied on, by times of the steady clock.
    public struct Trust: Sendable, Hashable {
        /// Refusals from before this time do not count: a reset may have come since.
        public let from: Microseconds
        /// No reset came up to this time.
        public let until: Microseconds

        /// Refusals since `from` hold, and no reset came between `from` and `until`.
        public init(from: Microseconds, until: Microseconds) {
            self.from = from
            self.until = until
        }

        /// Nothing is known of resets.
        public static let none = Trust(from: 0, until: 0)
    }

    /// How long a reset may stay unnoticed, and how long a refusal counts while nothing is known of resets.
    public static let maximumStaleness: Microseconds = 1_000_000
    /// How long a refusal is relied on before the store is asked again.
    public static let maximumAge: Microseconds = 60_000_000

    private static let setCount = 1 << 14
    private static let setSize = 8

    /// Sets of ``setSize`` slots.
    ///
    /// A refusal is in one of the slots of the set that the hash of its request selects.
    private var slots: [CachedRefusal?] = []
    /// The hash of each slot.
    ///
    /// Those of one set fill one cache line of the processor.
    private var hashes: [Int] = []
    /// The set that is swept next.
    private var nextSwept = 0

    /// An empty cache.
    public init() {}

    /// The refusal of a request as it is at the time `now`; `nil` if the store must be asked.
    ///
    /// - Parameters:
    ///   - charge: the request.
    ///   - now: the steady clock.
    ///   - trust: what is known of resets.
    ///   - isUnavailable: whether the store cannot be asked. Then refusals count that may be out of date.
    /// - Returns: the verdict of those policies that still refuse; nothing is known of the others.
    public func find(_ charge: Charge, now: Microseconds, trust: Trust, isUnavailable: Bool) -> Verdict? {
        guard !slots.isEmpty else { return nil }
        let hash = Self.hash(charge)
        for slot in Self.set(of: hash) {
            guard hashes[slot] == hash, let refusal = slots[slot], refusal.isAbout(charge) else { continue }
            guard now < refusal.end, refusal.learned >= trust.from,
                isUnavailable
                    || (now <= max(trust.until, refusal.learned) + Self.maximumStaleness
                        && now <= refusal.learned + Self.maximumAge)
            else { return nil }
            return refusal.verdict(now: now)
        }
        return nil
    }

    /// Caches the verdict of a store if it is a refusal that ends at a known time.
    ///
    /// - Parameters:
    ///   - verdict: what the store decided.
    ///   - asked: the steady clock before the store was asked.
    public func insert(_ verdict: Verdict, asked: Microseconds) {
        guard case .refused = verdict.admission, !verdict.mayEndEarly else { return }
        let charge = verdict.charge
        if slots.isEmpty {
            slots = Array(repeating: nil, count: Self.capacity)
            hashes = Array(repeating: 0, count: Self.capacity)
        }
        let hash = Self.hash(charge)
        var best = Self.set(of: hash).lowerBound
        for slot in Self.set(of: hash) {
            guard let other = slots[slot] else {
                best = slot
                continue
            }
            if hashes[slot] == hash, other.isAbout(charge) {
                best = slot
                break
            }
            if let worst = slots[best], other.end < worst.end { best = slot }
        }
        slots[best] = CachedRefusal(verdict, learned: asked)
        hashes[best] = hash
        sweep(now: asked)
    }

    /// Drops the refusals of two sets that have ended.
    private func sweep(now: Microseconds) {
        for _ in 0..<2 {
            for slot in Self.set(of: nextSwept) {
                if let refusal = slots[slot], refusal.end <= now { slots[slot] = nil }
            }
            nextSwept &+= 1
        }
    }

    /// The number of refusals in the cache, among them some that have ended.
    var count: Int { slots.count { $0 != nil } }

    private static func set(of hash: Int) -> Range<Int> {
        let first = (hash & (setCount - 1)) * setSize
        return first..<first + setSize
    }

    /// The seed differs in each process, so that no client can choose its set.
    private static func hash(_ charge: Charge) -> Int {
        var hasher = Hasher()
        for entry in charge.entries {
            entry.key.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
            hasher.combine(entry.cost)
        }
        return hasher.finalize()
    }
}

private final class CachedRefusal {
    /// When the store was asked, and when it must be asked again, by the steady clock.
    let learned: Microseconds
    let end: Microseconds
    private let entries: [Charge.Entry]
    private let storeNow: Microseconds
    /// The enforced policies that refuse, and their decisions.
    private var refusing: Charge
    private var decisions: [Decision]
    /// When the first of them ends.
    private var firstEnd: Microseconds

    init(_ verdict: Verdict, learned: Microseconds) {
        let charge = verdict.charge
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
        // After a request of several units smaller ones may pass, which changes what the headers say.
        let isFinal = refusing.entries.allSatisfy { $0.cost == 1 }
        end = learned + (isFinal ? wait - wait / 1_000 : min(wait - wait / 1_000, RefusalCache.maximumStaleness))
    }

    /// Whether `charge` is the request that was refused: the same keys and costs under the same quotas.
    func isAbout(_ charge: Charge) -> Bool {
        guard charge.entries.count == entries.count else { return false }
        for index in entries.indices {
            let (mine, its) = (entries[index], charge.entries[index])
            guard mine.cost == its.cost, mine.tag == its.tag, mine.policy.quota == its.policy.quota,
                mine.policy.mode == its.policy.mode,
                mine.key == its.key
            else { return false }
        }
        return true
    }

    /// What the store would decide at the time `now` under those policies that still refuse.
    func verdict(now: Microseconds) -> Verdict {
        let elapsed = now - learned
        if now >= firstEnd { dropEnded(elapsed) }
        let left = decisions.map { decision in
            Decision(
                admission: .refused(retryAfter: (decision.retryAfter ?? 0) - elapsed), limit: decision.limit,
                remaining: decision.remaining, resetAfter: decision.resetAfter - elapsed)
        }
        return Verdict(left, on: refusing, now: storeNow + elapsed)
    }

    private func dropEnded(_ elapsed: Microseconds) {
        let refusals = decisions.indices.filter { (decisions[$0].retryAfter ?? 0) > elapsed }
        refusing = Charge(refusals.map { refusing.entries[$0] })
        decisions = refusals.map { decisions[$0] }
        firstEnd = learned + (decisions.compactMap(\.retryAfter).min() ?? 0)
    }
}
