import Limiters

/// One command to one slot of a cluster: where it goes, and what became of it.
final class ClusterCall {
    /// What is asked.
    enum Question {
        /// To decide requests and charge them.
        case charge([Charge])
        /// To decide requests and charge none.
        case look([Charge])
        /// To give back what was charged.
        case refund([Refund])
        /// To forget a key.
        case forget(Key)
        /// To tell all limiters that somebody was given something back: they remember refusals.
        case tell
    }

    /// What became of it.
    enum Outcome {
        /// The numbers of the answer.
        case answered([Int64])
        /// Keys of its slot are moving: nothing was done, and it can be done key by key.
        case takenApart
        /// As ``Store/charge(_:)`` fails.
        case failed(StoreError)
    }

    let slot: Int
    let question: Question
    /// Where it goes instead of to the slot's owner, for once: the slot is moving there.
    var detour: ClusterNode?
    /// Whether the server has lost the script.
    var isSentWhole = false
    var outcome: Outcome?

    init(_ question: Question, slot: Int) {
        self.question = question
        self.slot = slot
    }

    /// Whether all that it touches is one key, so that it is in one place even while its slot moves.
    var hasOneKey: Bool {
        switch question {
        case .forget, .tell: true
        case .refund(let taken): taken.allSatisfy { $0.key == taken.first?.key }
        case .charge(let charges), .look(let charges):
            charges.allSatisfy { charge in
                charge.entries.allSatisfy { $0.key == charges.first?.entries.first?.key }
            }
        }
    }

    /// The numbers of the answer, one at least.
    ///
    /// - Throws: ``StoreError`` where it has none.
    func numbers() throws(StoreError) -> [Int64] {
        switch outcome {
        case .answered(let numbers) where !numbers.isEmpty: return numbers
        case .answered: throw StoreError(.damaged, "slot \(slot) was answered by no number")
        case .failed(let error): throw error
        case .takenApart, nil: throw StoreError(.refused, "the keys of slot \(slot) are moving: try again")
        }
    }

    /// Writes the command for a server that knows the scripts by these digests.
    func write(to command: inout RedisCommand, _ scripted: ScriptedConnection, clock: Microseconds?) {
        let (chargeDigest, refundDigest) =
            isSentWhole ? (nil, nil) : (scripted.chargeDigest, scripted.refundDigest)
        switch question {
        case .charge(let charges):
            command.write(charges, digest: chargeDigest, clock: clock)
        case .look(let charges):
            command.write(charges, onlyLooking: true, digest: chargeDigest, clock: clock)
        case .refund(let taken):
            command.write(refunding: taken, digest: refundDigest, clock: clock)
        case .forget(let key):
            command.begin(wordCount: 2)
            command.append(Self.delete)
            command.append(key.bytes)
        case .tell:
            command.begin(wordCount: 3)
            command.append(Self.publish)
            command.append(Self.channel)
            command.append([])
        }
    }

    private static let delete = Array("DEL".utf8)
    private static let publish = Array("PUBLISH".utf8)
    private static let channel = Array(ResetSubscription.channel.utf8)
}
