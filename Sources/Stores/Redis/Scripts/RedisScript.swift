import Limiters

/// One of the scripts that a Redis server runs.
enum RedisScript: Sendable {
    /// Decides and charges.
    case charge
    /// Gives back what was charged.
    case refund
    /// Says what the user may not do.
    case rights

    /// What is sent where the server does not have it.
    var text: [UInt8] {
        switch self {
        case .charge: PackageResources.charge_lua
        case .refund: PackageResources.refund_lua
        case .rights: PackageResources.rights_lua
        }
    }
}

extension RedisCommand {
    private static let byDigest = Array("EVALSHA".utf8)
    private static let whole = Array("EVAL".utf8)

    /// Begins a call of a script, to be followed by its keys and as many arguments.
    ///
    /// - Parameters:
    ///   - script: the script.
    ///   - digest: what the server knows it by; `nil` sends it whole.
    ///   - keyCount: how many keys there are.
    ///   - isTimed: whether a clock of the caller's follows the arguments.
    mutating func begin(_ script: RedisScript, digest: [UInt8]?, keyCount: Int, isTimed: Bool) {
        begin(wordCount: 3 + 2 * keyCount + (isTimed ? 1 : 0))
        append(digest == nil ? Self.whole : Self.byDigest)
        append(digest ?? script.text)
        append(number: Int64(keyCount))
    }

    /// The whole call of `charge.lua`.
    ///
    /// - Parameters:
    ///   - charges: the requests.
    ///   - onlyLooking: decides them as they are, and charges none.
    ///   - digest: as for ``begin(_:digest:keyCount:isTimed:)``.
    ///   - clock: a clock of the caller's.
    mutating func write(_ charges: [Charge], onlyLooking: Bool = false, digest: [UInt8]?, clock: Microseconds?) {
        let keyCount = charges.reduce(0) { $0 + $1.entries.count }
        begin(.charge, digest: digest, keyCount: keyCount, isTimed: clock != nil)
        for charge in charges {
            for entry in charge.entries { append(entry.key.bytes) }
        }
        for charge in charges {
            var joint = UInt8(ascii: onlyLooking ? "?" : "-")
            for entry in charge.entries {
                append(writing: { $0.appendAsk(entry.policy, cost: entry.cost, joint: joint) })
                joint = UInt8(ascii: "+")
            }
        }
        if let clock { append(number: clock) }
    }

    /// The whole call of `refund.lua`; digest and clock as for ``write(_:onlyLooking:digest:clock:)``.
    mutating func write(refunding taken: [Refund], digest: [UInt8]?, clock: Microseconds?) {
        begin(.refund, digest: digest, keyCount: taken.count, isTimed: clock != nil)
        for one in taken { append(one.key.bytes) }
        for one in taken {
            append(writing: { $0.appendRefund(one) })
        }
        if let clock { append(number: clock) }
    }

    /// What `charge.lua` is asked of one key.
    private mutating func appendAsk(_ policy: Policy, cost: Int64, joint: UInt8) {
        append(policy.quota)
        appendDigits(cost)
        append(byte: UInt8(ascii: " "))
        append(byte: policy.mode == .enforced ? UInt8(ascii: "e") : UInt8(ascii: "s"))
        append(byte: joint)
    }

    /// What `refund.lua` gives back to one key.
    private mutating func appendRefund(_ taken: Refund) {
        append(taken.quota)
        appendDigits(taken.cost)
        append(byte: UInt8(ascii: " "))
        appendDigits(taken.moment)
    }

    private mutating func append(_ quota: Quota) {
        append(byte: quota.algorithm == .tokenBucket ? UInt8(ascii: "b") : UInt8(ascii: "w"))
        append(byte: UInt8(ascii: " "))
        appendDigits(quota.limit)
        append(byte: UInt8(ascii: " "))
        appendDigits(quota.window)
        append(byte: UInt8(ascii: " "))
    }
}

extension Decision {
    /// One policy's answer in the three numbers of `charge.lua`.
    init(_ entry: Charge.Entry, wait: Int64, remaining: Int64, resetAfter: Int64) {
        self.init(
            admission: wait == 0 ? .allowed : wait < 0 ? .impossible : .refused(retryAfter: wait),
            limit: entry.policy.quota.limit, remaining: remaining, resetAfter: resetAfter)
    }
}
