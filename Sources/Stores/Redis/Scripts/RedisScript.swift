import Limiters

/// The scripts that a Redis server runs.
enum RedisScript: Sendable {
    /// Decides and charges.
    case charge
    /// Refunds units.
    case refund
    /// Lists the rights that the user lacks.
    case rights
    /// Reads or replaces a text that all users of the store share.
    case sharedText

    /// The source text.
    var text: [UInt8] {
        switch self {
        case .charge: PackageResources.log_lua + PackageResources.charge_lua
        case .refund: PackageResources.log_lua + PackageResources.refund_lua
        case .rights: PackageResources.rights_lua
        case .sharedText: PackageResources.shared_text_lua
        }
    }
}

extension RedisCommand {
    private static let byDigest = Array("EVALSHA".utf8)
    private static let whole = Array("EVAL".utf8)

    /// Begins a call of a script.
    ///
    /// Its keys and as many arguments follow.
    ///
    /// - Parameters:
    ///   - script: the script.
    ///   - digest: the digest by which the server knows the script; `nil` sends the source text.
    ///   - keyCount: the number of keys.
    ///   - isTimed: whether a time of the caller's choice follows the arguments.
    mutating func begin(_ script: RedisScript, digest: [UInt8]?, keyCount: Int, isTimed: Bool) {
        begin(wordCount: 3 + 2 * keyCount + (isTimed ? 1 : 0))
        append(digest == nil ? Self.whole : Self.byDigest)
        append(digest ?? script.text)
        append(number: Int64(keyCount))
    }

    /// Writes a call of `charge.lua`.
    ///
    /// - Parameters:
    ///   - charges: the requests.
    ///   - onlyLooking: decides the requests and charges none.
    ///   - digest: as for ``begin(_:digest:keyCount:isTimed:)``.
    ///   - clock: a time of the caller's choice; `nil` for the server's.
    mutating func write(
        _ charges: some Collection<Charge>, onlyLooking: Bool = false, digest: [UInt8]?, clock: Microseconds?
    ) {
        let keyCount = charges.reduce(0) { $0 + $1.entries.count }
        begin(.charge, digest: digest, keyCount: keyCount, isTimed: clock != nil)
        for charge in charges {
            for entry in charge.entries { append(entry.key.bytes) }
        }
        for charge in charges {
            var joint = UInt8(ascii: onlyLooking ? "?" : "-")
            for entry in charge.entries {
                append(writing: { $0.appendArgument(entry.policy, cost: entry.cost, joint: joint) })
                joint = UInt8(ascii: "+")
            }
        }
        if let clock { append(number: clock) }
    }

    /// Writes a call of `refund.lua`; digest and clock are as for ``write(_:onlyLooking:digest:clock:)``.
    mutating func write(refunding refunds: [Refund], digest: [UInt8]?, clock: Microseconds?) {
        begin(.refund, digest: digest, keyCount: refunds.count, isTimed: clock != nil)
        for refund in refunds { append(refund.key.bytes) }
        for refund in refunds {
            append(writing: { $0.appendArgument(of: refund) })
        }
        if let clock { append(number: clock) }
    }

    /// Appends the argument of one key of `charge.lua`.
    private mutating func appendArgument(_ policy: Policy, cost: Int64, joint: UInt8) {
        append(policy.quota)
        append(decimal: cost)
        append(byte: UInt8(ascii: " "))
        switch policy.mode {
        case .enforced: append(byte: UInt8(ascii: "e"))
        case .shadow: append(byte: UInt8(ascii: "s"))
        case .forced: append(byte: UInt8(ascii: "f"))
        }
        append(byte: joint)
    }

    /// Appends the argument of one key of `refund.lua`.
    private mutating func appendArgument(of refund: Refund) {
        append(refund.quota)
        append(decimal: refund.cost)
        append(byte: UInt8(ascii: " "))
        append(decimal: refund.moment)
    }

    private mutating func append(_ quota: Quota) {
        append(byte: quota.algorithm == .tokenBucket ? UInt8(ascii: "b") : UInt8(ascii: "w"))
        append(byte: UInt8(ascii: " "))
        append(decimal: quota.limit)
        append(byte: UInt8(ascii: " "))
        append(decimal: quota.window)
        append(byte: UInt8(ascii: " "))
    }
}

extension Decision {
    /// The decision in the three numbers that `charge.lua` returns for a key.
    ///
    /// Foreign values under a key can lead to any numbers. They are brought into the range of a decision.
    init(_ entry: Charge.Entry, wait: Int64, remaining: Int64, resetAfter: Int64) {
        let quota = entry.policy.quota
        let longest = 4 * quota.window
        self.init(
            admission: wait == 0 ? .allowed : wait < 0 ? .impossible : .refused(retryAfter: min(wait, longest)),
            limit: quota.limit, remaining: min(max(0, remaining), quota.limit),
            resetAfter: min(max(0, resetAfter), longest))
    }
}

extension Verdict {
    /// The verdict on `charge`, which takes three numbers of `charge.lua` for each entry.
    init(on charge: Charge, numbers: inout ArraySlice<Int64>, now: Microseconds) {
        var decisions: [Decision] = []
        decisions.reserveCapacity(charge.entries.count)
        for entry in charge.entries {
            let first = numbers.startIndex
            decisions.append(
                Decision(
                    entry, wait: numbers[first], remaining: numbers[first + 1], resetAfter: numbers[first + 2]))
            numbers = numbers.dropFirst(3)
        }
        self.init(decisions, on: charge, now: now)
    }
}
