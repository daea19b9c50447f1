/// A named quota and its mode.
public struct Policy: Sendable, Hashable {
    /// What a refusal by a policy does.
    public enum Mode: Sendable, Hashable {
        /// A refusal refuses the request.
        case enforced
        /// A refusal is counted and has no effect: a trial run.
        case shadow
        /// Nothing is ever refused: units that are known to be due only after their request.
        case forced
    }

    /// 1 to 64 letters, digits, `_`, `-` and `.`, so that keys, headers and metrics can hold the name as it is.
    public let name: String
    /// What the policy allows.
    public let quota: Quota
    /// What a refusal does.
    public let mode: Mode
    /// How to answer when the store cannot decide; `nil` for the program's default.
    public let onStoreFailure: StoreFailureAnswer?
    /// Whether a charge may be refunded after the request, so that a refusal may end early; always true of requests at once.
    public let isRefundable: Bool

    /// A policy of this name.
    ///
    /// - Throws: ``PolicyNameError`` when the name is empty, too long or contains other characters.
    public init(
        name: String, quota: Quota, mode: Mode = .enforced, onStoreFailure: StoreFailureAnswer? = nil,
        isRefundable: Bool = false
    ) throws(PolicyNameError) {
        let isNameByte = { (byte: UInt8) in isAlphanumeric(byte) || [UInt8(ascii: "_"), 45, 46].contains(byte) }
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(isNameByte) else {
            throw PolicyNameError(name: name)
        }
        self.init(name, quota, mode, onStoreFailure, isRefundable)
    }

    private init(
        _ name: String, _ quota: Quota, _ mode: Mode, _ onStoreFailure: StoreFailureAnswer?, _ isRefundable: Bool
    ) {
        self.name = name
        self.quota = quota
        self.mode = mode
        self.onStoreFailure = onStoreFailure
        self.isRefundable = isRefundable || quota.algorithm == .atOnce
    }

    /// A policy that only takes units of a quota, whatever the limit.
    static func forced(_ quota: Quota) -> Policy { Policy("forced", quota, .forced, nil, false) }

    /// As ``Quota/decide(_:now:cost:isForced:)``, in the policy's mode.
    @usableFromInline func decide(_ state: State, now: Microseconds, cost: Int64) -> (Decision, Change) {
        quota.decide(state, now: now, cost: cost, isForced: mode == .forced)
    }

    /// The policy with its quota counted by a token bucket.
    func countedByTokenBucket() -> Policy {
        with(quota.countedByTokenBucket())
    }

    /// The policy with one of `count` equal shares of its quota.
    func divided(among count: Int64) -> Policy {
        with(quota.divided(among: count))
    }

    /// The policy with another quota.
    func with(_ quota: Quota) -> Policy { Policy(name, quota, mode, onStoreFailure, isRefundable) }
}

/// A name that no policy may have.
public struct PolicyNameError: Error, Equatable, CustomStringConvertible {
    /// The rejected name.
    public let name: String

    /// One line that says what is allowed.
    public var description: String {
        "policy name \"\(name)\" is not valid: use 1 to 64 letters, digits, '_', '-' and '.'"
    }
}

/// Whether the byte is an ASCII letter or digit.
func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
}
