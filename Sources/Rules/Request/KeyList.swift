import Limiters

/// The API keys that a site has issued, each in the clear or as its SHA-256.
struct KeyList: Sendable {
    /// A key on the list.
    struct Entry {
        /// The key as identities contain it: the key itself, or `sha256:` and its digest if the list has only that.
        let name: Bytes
        /// The client's plan; `nil` if the list does not say.
        let plan: Bytes?
    }

    /// Plans by key.
    ///
    /// Swift hashes with a seed per process (SipHash), so timing a lookup tells nothing about near misses.
    private var plain: [Bytes: Bytes?] = [:]
    /// Plans by the digest in hexadecimal digits.
    private var hashed: [Bytes: Bytes?] = [:]
    /// Longer texts are not hashed: no site issues such keys.
    private static let longestKey = 1_024

    var hasPlainKeys: Bool { !plain.isEmpty }
    var isEmpty: Bool { plain.isEmpty && hashed.isEmpty }

    /// Adds a key; `false` if it is listed already.
    mutating func add(_ key: Bytes, plan: Bytes?) -> Bool {
        plain.updateValue(plan, forKey: key) == nil
    }

    /// Adds a key by its digest, 64 hexadecimal digits in small letters; `false` if it is listed already.
    mutating func add(digest: Bytes, plan: Bytes?) -> Bool {
        hashed.updateValue(plan, forKey: digest) == nil
    }

    /// The entry of a key that a client sent; `nil` if it is not on the list.
    func entry(for key: Bytes) -> Entry? {
        if let plan = plain[key] { return Entry(name: key, plan: plan) }
        guard !hashed.isEmpty, key.count <= Self.longestKey else { return nil }
        let digest = SHA256.hexDigest(of: Array(key))
        return hashed[digest[...]].map { Entry(name: (Array("sha256:".utf8) + digest)[...], plan: $0) }
    }
}
