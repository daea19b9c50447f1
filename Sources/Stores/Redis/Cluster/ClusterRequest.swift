import Limiters

/// One request on its way through a cluster.
///
///     policies in one slot        charge ──────────────────────────────────────────▶ verdict
///     policies in several slots   look ── one refuses ─────────────────────────────▶ verdict
///                                  └──── all allow ──▶ charge ── all did ──────────▶ verdict
///                                                        └────── one did not ──▶ refund those that did ──▶ verdict
///
/// A refused request changes nothing, unless another request comes between its look and its charge. Then it is charged for a
/// moment and refunded at once. A charge that cannot be refunded, because its node is down, stays. So a client is never
/// admitted more often than its limits allow, but may be refused because of a unit that was lost.
///
/// While a slot is moving, each of its keys may be in one node or in the other, so each key is a part of its own.
struct ClusterRequest {
    /// What one call decides.
    struct Part {
        let slot: Int
        /// The indices of the charge's entries.
        let entries: [Int]
        /// Whether the slot is moving, so that the part is a single key.
        let isMoving: Bool
        /// The call that decides the part, and the index of the part's first number in the reply.
        var call: ClusterCall?
        var offset = 0
        /// Whether the part was charged, and the decisions and the clock of that charge.
        var isCharged = false
        var decisions: [Decision] = []
        var now: Microseconds = 0
        /// The calls that look at what is left after the refund, one for each entry.
        var looks: [ClusterCall] = []
    }

    /// What is to be done next.
    enum Step {
        /// Charge the only part, all or none.
        case charging
        /// Look at each of several parts.
        case looking
        /// Charge each of several parts, which all allowed.
        case chargingParts
        /// Refund those of several parts that were charged, because others were not.
        case refunding(because: StoreError?)
    }

    /// Why a request starts again from the look: its slots began to move, and nothing was charged.
    static let slotMoved = StoreError(.refused, "a slot of the cluster is moving: try again")
    /// How often a request may start because its slots began to move.
    private static let maximumStarts = 3

    /// The index of the request in its batch.
    let index: Int
    let charge: Charge
    var parts: [Part] = []
    private(set) var step = Step.charging
    private var starts = 0

    /// A request that has not started.
    init(_ index: Int, _ charge: Charge, isMoving: (Int) -> Bool) {
        self.index = index
        self.charge = charge
        start(isMoving)
    }

    private mutating func start(_ isMoving: (Int) -> Bool) {
        parts = []
        for (index, entry) in charge.entries.enumerated() {
            let slot = ClusterSlot.of(entry.key.bytes)
            let isMoving = isMoving(slot)
            if let known = parts.firstIndex(where: { $0.slot == slot }), !isMoving {
                parts[known] = Part(slot: slot, entries: parts[known].entries + [index], isMoving: false)
            } else {
                parts.append(Part(slot: slot, entries: [index], isMoving: isMoving))
            }
        }
        step = parts.count == 1 ? .charging : .looking
        starts += 1
    }

    /// Reads the replies to the calls of this step.
    ///
    /// - Returns: the outcome; `nil` if another step follows.
    mutating func advance(isMoving: (Int) -> Bool) -> Result<Verdict, StoreError>? {
        let result = advance()
        guard case .failure(let error) = result, error == Self.slotMoved, starts < Self.maximumStarts else {
            return result
        }
        start(isMoving)
        return nil
    }

    private mutating func advance() -> Result<Verdict, StoreError>? {
        if case .refunding(let reason) = step {
            if let reason { return .failure(reason) }
            readLooks()
            return .success(verdict)
        }
        var failure: StoreError?
        for part in parts.indices {
            do throws(StoreError) { try read(&parts[part]) } catch {
                // Any other failure outweighs a slot that moved.
                failure = failure.flatMap { $0 == Self.slotMoved ? nil : $0 } ?? error
            }
        }
        switch step {
        case .charging:
            return failure.map { .failure($0) } ?? .success(verdict)
        case .looking:
            if let failure { return .failure(failure) }
            let verdict = verdict
            guard verdict.isAllowed else { return .success(verdict) }
            step = .chargingParts
            return nil
        case .chargingParts, .refunding:
            let verdict = failure == nil ? verdict : nil
            if let verdict, verdict.isAllowed { return .success(verdict) }
            guard parts.contains(where: \.isCharged) else {
                return failure.map { .failure($0) } ?? verdict.map { .success($0) }
            }
            step = .refunding(because: failure)
            return nil
        }
    }

    /// Reads a part's decisions from the reply of its call.
    private func read(_ part: inout Part) throws(StoreError) {
        part.isCharged = false
        part.decisions = []
        if case .slotMoving = part.call?.reply { throw Self.slotMoved }
        let numbers = try part.call?.numbers() ?? []
        guard numbers.count >= part.offset + 3 * part.entries.count else {
            throw StoreError(.damaged, "charge.lua returned \(numbers.count) numbers, too few")
        }
        let partCharge = Charge(part.entries.map { charge.entries[$0] })
        var rest = numbers[part.offset...]
        let verdict = Verdict(on: partCharge, numbers: &rest, now: numbers[0])
        part.now = verdict.now
        part.decisions = verdict.decisions
        part.isCharged = verdict.isAllowed
    }

    /// Reads what is left of the parts that were refunded.
    private mutating func readLooks() {
        for part in parts.indices where parts[part].isCharged {
            for (index, look) in parts[part].looks.enumerated() {
                // Without a reply, the earlier decision is the best estimate.
                guard let numbers = try? look.numbers(), numbers.count == 4 else { continue }
                parts[part].decisions[index] = Decision(
                    charge.entries[parts[part].entries[index]], wait: numbers[1], remaining: numbers[2],
                    resetAfter: numbers[3])
            }
        }
    }

    /// The calls that refund the parts that were charged.
    ///
    /// Each key has a call of its own, because a slot may have begun to move, and is looked at after the refund.
    mutating func refundCalls() -> [ClusterCall] {
        var calls: [ClusterCall] = []
        for part in parts.indices where parts[part].isCharged {
            let slot = parts[part].slot
            for (index, decision) in zip(parts[part].entries, parts[part].decisions) {
                let entry = charge.entries[index]
                if let refund = Refund(entry, by: decision, now: parts[part].now) {
                    calls.append(ClusterCall(.refund([refund]), slot: slot))
                }
                let look = ClusterCall(.look([Charge([entry])]), slot: slot)
                parts[part].looks.append(look)
                calls.append(look)
            }
            // Refusals that were cached in the meantime would last too long.
            calls.append(ClusterCall(.publishReset, slot: slot))
        }
        return calls
    }

    /// The verdict over all parts.
    ///
    /// Its clock is that of the node whose decision governs.
    private var verdict: Verdict {
        guard parts.count > 1 else { return Verdict(parts[0].decisions, on: charge, now: parts[0].now) }
        let decided = parts.flatMap { part in
            zip(part.entries, part.decisions).map { (index: $0, decision: $1, now: part.now) }
        }.sorted { $0.index < $1.index }
        let decisions = decided.map(\.decision)
        let first = Verdict(decisions, on: charge, now: decided[0].now)
        guard let governing = first.governing else { return first }
        return Verdict(
            decisions, on: charge, now: decided[governing].now, clocks: decided.map(\.now))
    }
}
