/// A named quota, and what its refusal means.
public struct Policy: Sendable, Hashable {
    /// What a refusal by this policy does.
    public enum Mode: Sendable, Hashable {
        /// It refuses the request.
        case enforced
        /// It is decided and counted, and refuses nothing: a trial run.
        case shadow
    }

    /// 1 to 64 letters, digits, `_`, `-` and `.`: it goes into keys, headers and metrics as it is.
    public let name: String
    /// What it allows.
    public let quota: Quota
    /// What its refusal means.
    public let mode: Mode
    /// What to answer when the store gives no verdict; `nil` where the policy leaves that to the program.
    public let onStoreFailure: StoreFailureAnswer?

    /// A policy of this name.
    ///
    /// - Throws: ``PolicyNameError`` when the name is empty, too long or has other characters.
    public init(
        name: String, quota: Quota, mode: Mode = .enforced, onStoreFailure: StoreFailureAnswer? = nil
    ) throws(PolicyNameError) {
        let isNameByte = { (byte: UInt8) in isAlphanumeric(byte) || [UInt8(ascii: "_"), 45, 46].contains(byte) }
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(isNameByte) else {
            throw PolicyNameError(name: name)
        }
        self.init(checked: name, quota, mode, onStoreFailure)
    }

    private init(checked name: String, _ quota: Quota, _ mode: Mode, _ onStoreFailure: StoreFailureAnswer?) {
        self.name = name
        self.quota = quota
        self.mode = mode
        self.onStoreFailure = onStoreFailure
    }

    /// The same with one of `count` equal parts of its quota.
    func divided(among count: Int64) -> Policy {
        Policy(checked: name, quota.divided(among: count), mode, onStoreFailure)
    }
}

/// A name that no policy can have.
public struct PolicyNameError: Error, Equatable, CustomStringConvertible {
    /// The name as it was given.
    public let name: String

    /// One line that says what a name may be.
    public var description: String {
        "policy name \"\(name)\" is not usable: use 1 to 64 letters, digits, '_', '-' and '.'"
    }
}

/// Whether the byte is an ASCII letter or digit.
func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
}
