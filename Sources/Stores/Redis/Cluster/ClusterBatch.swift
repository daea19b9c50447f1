import Limiters
import Platform

/// A batch of requests on its way through a cluster: the calls of each step, and the outcomes.
struct ClusterBatch {
    /// The requests that one call can hold together.
    private struct Group: Hashable {
        let slot: Int
        /// The key, if the slot is moving.
        let key: Key?
        let isLook: Bool
    }

    /// A call that is being put together.
    private struct Question {
        let group: Group
        var charges: [Charge] = []
        var keyCount = 0
    }

    private var requests: [ClusterRequest] = []
    private var decided: [Result<Verdict, StoreError>?]

    /// The outcome of each charge, once there are no further calls.
    var results: [Result<Verdict, StoreError>] {
        decided.map { $0 ?? .failure(StoreError(.damaged, "a charge has no outcome")) }
    }

    /// A batch that has not started.
    ///
    /// - Parameters:
    ///   - charges: the requests.
    ///   - clock: the time of requests without a policy, which no node decides; `nil` for this machine's time.
    ///   - isMoving: whether a slot is known to be moving.
    init(_ charges: [Charge], clock: Microseconds?, isMoving: (Int) -> Bool) {
        decided = Array(repeating: nil, count: charges.count)
        requests.reserveCapacity(charges.count)
        for (index, charge) in charges.enumerated() {
            if charge.entries.isEmpty {
                decided[index] = .success(Verdict([], on: charge, now: clock ?? wallMicroseconds()))
            } else {
                requests.append(ClusterRequest(index, charge, isMoving: isMoving))
            }
        }
    }

    /// The calls to make next, all at once; `nil` if each charge has its outcome.
    mutating func nextCalls() -> [ClusterCall]? {
        guard !requests.isEmpty else { return nil }
        var questions: [Question] = []
        var latest: [Group: Int] = [:]
        var asked: [(request: Int, part: Int, question: Int)] = []
        var refunds: [ClusterCall] = []
        for index in requests.indices {
            let isLook: Bool
            switch requests[index].step {
            case .charging, .chargingParts: isLook = false
            case .looking: isLook = true
            case .refunding:
                refunds += requests[index].refundCalls()
                continue
            }
            let charge = requests[index].charge
            for part in requests[index].parts.indices {
                let (slot, entries) = (requests[index].parts[part].slot, requests[index].parts[part].entries)
                let key = requests[index].parts[part].isMoving ? charge.entries[entries[0]].key : nil
                let group = Group(slot: slot, key: key, isLook: isLook)
                var question = latest[group] ?? questions.count
                if question < questions.count,
                    questions[question].keyCount + entries.count > RedisStore.maximumKeysPerScript
                {
                    question = questions.count
                }
                if question == questions.count { questions.append(Question(group: group)) }
                latest[group] = question
                requests[index].parts[part].offset = 1 + 3 * questions[question].keyCount
                questions[question].charges.append(
                    entries.count == charge.entries.count ? charge : Charge(entries.map { charge.entries[$0] }))
                questions[question].keyCount += entries.count
                asked.append((index, part, question))
            }
        }
        let calls = questions.map { question in
            ClusterCall(
                question.group.isLook ? .look(question.charges) : .charge(question.charges), slot: question.group.slot)
        }
        for (request, part, question) in asked { requests[request].parts[part].call = calls[question] }
        return calls + refunds
    }

    /// Reads the replies to the calls.
    mutating func advance(isMoving: (Int) -> Bool) {
        var open: [ClusterRequest] = []
        for var request in requests {
            if let result = request.advance(isMoving: isMoving) {
                decided[request.index] = result
            } else {
                open.append(request)
            }
        }
        requests = open
    }
}
