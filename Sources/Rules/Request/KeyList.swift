import Limiters

/// The API keys that a site has given out, as they are or as their SHA-256.
struct KeyList: Sendable {
    /// A key that is on the list.
    struct Known {
        /// What an identity says: the key, or `sha256:` and its digest where the list has no more.
        let name: Bytes
        /// What the list says behind it: the client's plan.
        let plan: Bytes?
    }

    /// By the key; a look-up hashes with a seed of this process's own (SipHash), so its time tells nothing of near misses.
    private var plain: [Bytes: Bytes?] = [:]
    /// By the digest in hexadecimal digits.
    private var hashed: [Bytes: Bytes?] = [:]
    /// A longer one is not hashed: it is no key that anybody gave out.
    private static let longest = 1_024

    var hasPlainKeys: Bool { !plain.isEmpty }
    var isEmpty: Bool { plain.isEmpty && hashed.isEmpty }

    /// Whether the key is new.
    mutating func add(_ key: Bytes, plan: Bytes?) -> Bool {
        plain.updateValue(plan, forKey: key) == nil
    }

    /// Whether the digest is new; 64 hexadecimal digits in small letters.
    mutating func add(digest: Bytes, plan: Bytes?) -> Bool {
        hashed.updateValue(plan, forKey: digest) == nil
    }

    func find(_ key: Bytes) -> Known? {
        if let plan = plain[key] { return Known(name: key, plan: plan) }
        guard !hashed.isEmpty, key.count <= Self.longest else { return nil }
        let digest = SHA256.hexDigest(of: Array(key))
        return hashed[digest[...]].map { Known(name: (Array("sha256:".utf8) + digest)[...], plan: $0) }
    }
}
