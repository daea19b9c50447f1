import Limiters
import Platform

/// A batch of requests on its way through a cluster: which calls it takes, in which order, and what comes of them.
///
///     policies in one slot        charge ──────────────────────────────────────────▶ verdict
///     policies in several slots   look ── one refuses ─────────────────────────────▶ verdict
///                                  └──── all allow ──▶ charge ── all did ──────────▶ verdict
///                                                        └────── one did not ──▶ give back what the others took ──▶ verdict
///
/// So a refused request changes nothing, but where another comes in between its look and its charge; then it takes for a
/// moment what it gives back at once. Where that cannot be given back, because its node is away, it stays taken: a
/// client is never admitted more often than its limits say, and may be refused a unit that is gone for nothing.
///
/// While a slot moves, a key of it is in one node or in the other, so there each key is a part of its own.
struct ClusterBatch {
    /// How often a request is begun anew because a slot of it began to move meanwhile.
    private static let mostBeginnings = 3

    /// What of a request is decided by one call.
    private struct Part {
        let slot: Int
        /// The indices of the charge's entries.
        let entries: [Int]
        /// Whether its slot moves, and so the part is one key.
        let isMoving: Bool
        /// The call that decides it, and where in its numbers the part's begin.
        var call: ClusterCall?
        var offset = 0
        /// Whether it was charged, with what it answered then.
        var isCharged = false
        var decisions: [Decision] = []
        var now: Microseconds = 0
        /// The calls that look at what is left after giving back, one for each entry.
        var looks: [ClusterCall] = []
    }

    private enum Step {
        /// Charged by one call, all or none.
        case charging
        /// Several parts: each is looked at.
        case looking
        /// Several parts, which all allowed: each is charged.
        case chargingParts
        /// Several parts, of which some were charged and others not.
        case refunding(because: StoreError?)
    }

    private struct Request {
        let index: Int
        var parts: [Part]
        var step: Step
        var beginnings = 1
    }

    /// What of a batch goes into one call.
    private struct Group: Hashable {
        let slot: Int
        /// Where the slot moves.
        let key: Key?
        let isLook: Bool
    }

    private let charges: [Charge]
    private var requests: [Request] = []
    private var decided: [Result<Verdict, StoreError>?]

    /// The outcome of each charge, once there are no further calls.
    var results: [Result<Verdict, StoreError>] {
        decided.map { $0 ?? .failure(StoreError(.damaged, "a charge has no outcome")) }
    }

    /// A batch that has not begun.
    ///
    /// - Parameters:
    ///   - charges: the requests.
    ///   - clock: a clock of the caller's, for requests without a policy, which no node decides.
    ///   - isMoving: whether a slot is moving, as far as is known.
    init(_ charges: [Charge], clock: Microseconds?, isMoving: (Int) -> Bool) {
        self.charges = charges
        decided = Array(repeating: nil, count: charges.count)
        requests.reserveCapacity(charges.count)
        for (index, charge) in charges.enumerated() {
            if charge.entries.isEmpty {
                decided[index] = .success(Verdict([], on: charge, now: clock ?? wallMicroseconds()))
            } else {
                requests.append(Self.begin(index, charge, isMoving))
            }
        }
    }

    private static func begin(_ index: Int, _ charge: Charge, _ isMoving: (Int) -> Bool) -> Request {
        var parts: [Part] = []
        for (place, entry) in charge.entries.enumerated() {
            let slot = ClusterSlot.of(entry.key.bytes)
            let isMoving = isMoving(slot)
            if let known = parts.firstIndex(where: { $0.slot == slot }), !isMoving {
                parts[known] = Part(slot: slot, entries: parts[known].entries + [place], isMoving: false)
            } else {
                parts.append(Part(slot: slot, entries: [place], isMoving: isMoving))
            }
        }
        return Request(index: index, parts: parts, step: parts.count == 1 ? .charging : .looking)
    }

    /// The calls to be made next, all at once; `nil` where each charge has its outcome.
    mutating func nextCalls() -> [ClusterCall]? {
        guard !requests.isEmpty else { return nil }
        var groups: [Group: Int] = [:]
        var questions: [(group: Group, charges: [Charge], numbers: Int)] = []
        var places: [(request: Int, part: Int, question: Int)] = []
        var gifts: [ClusterCall] = []
        for index in requests.indices {
            let isLook: Bool
            switch requests[index].step {
            case .charging, .chargingParts: isLook = false
            case .looking: isLook = true
            case .refunding:
                gifts += refund(index)
                continue
            }
            let charge = charges[requests[index].index]
            let isWhole = requests[index].parts.count == 1
            for part in requests[index].parts.indices {
                let slot = requests[index].parts[part].slot
                let entries = requests[index].parts[part].entries
                let isMoving = requests[index].parts[part].isMoving
                let key = isMoving ? charge.entries[entries[0]].key : nil
                let group = Group(slot: slot, key: key, isLook: isLook)
                let question = groups[group] ?? questions.count
                if question == questions.count {
                    groups[group] = question
                    questions.append((group, [], 1))
                }
                requests[index].parts[part].offset = questions[question].numbers
                questions[question].charges.append(isWhole ? charge : Charge(entries.map { charge.entries[$0] }))
                questions[question].numbers += 3 * entries.count
                places.append((index, part, question))
            }
        }
        let calls = questions.map { group, charges, _ in
            ClusterCall(group.isLook ? .look(charges) : .charge(charges), slot: group.slot)
        }
        for (request, part, question) in places { requests[request].parts[part].call = calls[question] }
        return calls + gifts
    }

    /// Key by key, because a slot may have begun to move; each is looked at behind that, by the same connection.
    private mutating func refund(_ index: Int) -> [ClusterCall] {
        let charge = charges[requests[index].index]
        var calls: [ClusterCall] = []
        for part in requests[index].parts.indices where requests[index].parts[part].isCharged {
            let (slot, now) = (requests[index].parts[part].slot, requests[index].parts[part].now)
            for (place, decision) in zip(requests[index].parts[part].entries, requests[index].parts[part].decisions) {
                let entry = charge.entries[place]
                if let taken = Refund(entry, by: decision, now: now) {
                    calls.append(ClusterCall(.refund([taken]), slot: slot))
                }
                let look = ClusterCall(.look([Charge([entry])]), slot: slot)
                requests[index].parts[part].looks.append(look)
                calls.append(look)
            }
            // Who was refused meanwhile is remembered as refused for longer than that is true.
            calls.append(ClusterCall(.tell, slot: slot))
        }
        return calls
    }

    /// Takes what became of the calls.
    mutating func advance(isMoving: (Int) -> Bool) {
        var undecided: [Request] = []
        for request in requests {
            var request = request
            let result = advance(&request)
            switch result {
            case .some(.failure(let error)) where error == Self.begunAnew && request.beginnings < Self.mostBeginnings:
                let beginnings = request.beginnings + 1
                request = Self.begin(request.index, charges[request.index], isMoving)
                request.beginnings = beginnings
                undecided.append(request)
            case .some(let result): decided[request.index] = result
            case nil: undecided.append(request)
            }
        }
        requests = undecided
    }

    /// Why a request is begun anew: nothing of it is charged.
    private static let begunAnew = StoreError(.refused, "a slot of the cluster is moving: try again")

    /// A request's outcome; `nil` where there is more to do.
    private func advance(_ request: inout Request) -> Result<Verdict, StoreError>? {
        let charge = charges[request.index]
        if case .refunding(let reason) = request.step {
            if let reason { return .failure(reason) }
            for part in request.parts.indices where request.parts[part].isCharged {
                for (place, look) in request.parts[part].looks.enumerated() {
                    // Where it cannot be looked at, what was answered before is as near as it gets.
                    guard let numbers = try? look.numbers(), numbers.count == 4 else { continue }
                    let entry = charge.entries[request.parts[part].entries[place]]
                    request.parts[part].decisions[place] = Decision(
                        entry, wait: numbers[1], remaining: numbers[2], resetAfter: numbers[3])
                }
            }
            return .success(verdict(request))
        }

        var failure: StoreError?
        for part in request.parts.indices {
            do throws(StoreError) { try read(&request.parts[part], of: charge) } catch {
                // A move is no failure where there is another reason.
                failure = failure.flatMap { $0 == Self.begunAnew ? nil : $0 } ?? error
            }
        }
        switch request.step {
        case .charging:
            return failure.map { .failure($0) } ?? .success(verdict(request))
        case .looking:
            if let failure { return .failure(failure) }
            let verdict = verdict(request)
            guard verdict.isAllowed else { return .success(verdict) }
            request.step = .chargingParts
            return nil
        case .chargingParts, .refunding:
            let verdict = failure == nil ? verdict(request) : nil
            if let verdict, verdict.isAllowed { return .success(verdict) }
            guard request.parts.contains(where: \.isCharged) else {
                return failure.map { .failure($0) } ?? verdict.map { .success($0) }
            }
            request.step = .refunding(because: failure)
            return nil
        }
    }

    /// Takes a part's decisions out of its call's numbers.
    private func read(_ part: inout Part, of charge: Charge) throws(StoreError) {
        part.isCharged = false
        part.decisions = []
        if case .takenApart = part.call?.outcome { throw Self.begunAnew }
        let numbers = try part.call?.numbers() ?? []
        guard numbers.count >= part.offset + 3 * part.entries.count else {
            throw StoreError(.damaged, "charge.lua gave \(numbers.count) numbers, too few")
        }
        part.now = numbers[0]
        var isAllowed = true
        for (place, index) in part.entries.enumerated() {
            let first = part.offset + 3 * place
            let entry = charge.entries[index]
            let decision = Decision(
                entry, wait: numbers[first], remaining: numbers[first + 1], resetAfter: numbers[first + 2])
            if entry.policy.mode == .enforced, decision.admission != .allowed { isAllowed = false }
            part.decisions.append(decision)
        }
        part.isCharged = isAllowed
    }

    /// The verdict over all parts; its clock is that of the node whose decision governs.
    private func verdict(_ request: Request) -> Verdict {
        let charge = charges[request.index]
        guard request.parts.count > 1 else {
            return Verdict(request.parts[0].decisions, on: charge, now: request.parts[0].now)
        }
        let places = request.parts.flatMap { part in
            zip(part.entries, part.decisions).map { (index: $0, decision: $1, now: part.now) }
        }.sorted { $0.index < $1.index }
        let decisions = places.map(\.decision)
        let first = Verdict(decisions, on: charge, now: places[0].now)
        guard let governing = first.governing(charge) else { return first }
        return Verdict(decisions, on: charge, now: places[governing].now)
    }
}
