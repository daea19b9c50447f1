import Limiters

/// One command to one slot of a cluster, with its reply.
final class ClusterCall {
    /// What the command does.
    enum Question {
        /// Decides requests and charges them.
        case charge([Charge])
        /// Decides requests and charges none.
        case look([Charge])
        /// Refunds units.
        case refund([Refund])
        case delete(Key)
        /// Publishes a reset, for the limiters that have cached refusals.
        case publishReset
        /// Reads or replaces a shared text.
        case sharedText(SharedTextCommand)
    }

    /// What the command has led to.
    enum Reply {
        /// The integers of the reply.
        case numbers([Int64])
        /// The reply to a call for a shared text.
        case value(RedisValue)
        /// Keys of the slot are moving. Nothing was done, and each key can be asked for by itself.
        case slotMoving
        /// The command failed, and may or may not have run.
        case failed(StoreError)
    }

    let slot: Int
    let question: Question
    /// The node that gets the command this time instead of the slot's owner, because the slot is moving there.
    var detour: ClusterNode?
    /// Whether the script itself is sent, because the server has lost it.
    var isSentWhole = false
    /// The reply; `nil` until there is one.
    var reply: Reply?

    init(_ question: Question, slot: Int) {
        self.question = question
        self.slot = slot
    }

    /// Whether the command touches one key only, which is in one node even while its slot is moving.
    var hasOneKey: Bool {
        switch question {
        case .delete, .publishReset: true
        case .sharedText: false
        case .refund(let refunds): refunds.allSatisfy { $0.key == refunds.first?.key }
        case .charge(let charges), .look(let charges):
            charges.allSatisfy { charge in
                charge.entries.allSatisfy { $0.key == charges.first?.entries.first?.key }
            }
        }
    }

    /// The integers of the reply, at least one.
    ///
    /// - Throws: ``StoreError`` if there are none.
    func numbers() throws(StoreError) -> [Int64] {
        switch reply {
        case .numbers(let numbers) where !numbers.isEmpty: return numbers
        case .numbers, .value: throw StoreError(.damaged, "the reply for slot \(slot) has no numbers")
        case .failed(let error): throw error
        case .slotMoving, nil: throw StoreError(.refused, "the keys of slot \(slot) are moving: try again")
        }
    }

    /// The reply to a call for a shared text.
    ///
    /// - Throws: ``StoreError`` if there is none.
    func value() throws(StoreError) -> RedisValue {
        if case .value(let value) = reply { return value }
        _ = try numbers()
        throw StoreError(.damaged, "the reply for slot \(slot) is not a text")
    }

    /// Writes the command for a connection to a server that knows the scripts.
    func write(to command: inout RedisCommand, _ scripted: ScriptedConnection, clock: Microseconds?) {
        let (chargeDigest, refundDigest) =
            isSentWhole ? (nil, nil) : (scripted.chargeDigest, scripted.refundDigest)
        switch question {
        case .charge(let charges):
            command.write(charges, digest: chargeDigest, clock: clock)
        case .look(let charges):
            command.write(charges, onlyLooking: true, digest: chargeDigest, clock: clock)
        case .refund(let refunds):
            command.write(refunding: refunds, digest: refundDigest, clock: clock)
        case .delete(let key):
            command.begin(wordCount: 2)
            command.append(Self.delete)
            command.append(key.bytes)
        case .publishReset:
            command.begin(wordCount: 3)
            command.append(Self.publish)
            command.append(Self.channel)
            command.append([])
        case .sharedText(let text):
            command = RedisCommand(text.words)
        }
    }

    private static let delete = Array("DEL".utf8)
    private static let publish = Array("PUBLISH".utf8)
    private static let channel = Array(ResetSubscription.channel.utf8)
}
