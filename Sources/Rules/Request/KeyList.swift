import Limiters

/// API keys, each in the clear or as its SHA-256: those that a site has issued, or those of listed clients.
struct KeyList: Sendable {
    /// What the list says about a key.
    struct Entry {
        /// The key's name in identities: its label or its fingerprint; `nil` if only the key itself can tell.
        let name: Bytes?
        /// The client's plan; `nil` if the list does not say.
        let plan: Bytes?
    }

    /// Entries by key.
    ///
    /// Swift hashes with a seed per process (SipHash), so timing a lookup tells nothing about near misses.
    private var plain: [Bytes: Entry] = [:]
    /// Entries by the digest in hexadecimal digits.
    private var hashed: [Bytes: Entry] = [:]
    /// Longer texts are not hashed: no site issues such keys.
    private static let longestKey = 1_024

    var hasPlainKeys: Bool { !plain.isEmpty }
    var isEmpty: Bool { plain.isEmpty && hashed.isEmpty }

    /// Adds a key; `false` if it is listed already.
    mutating func add(_ key: Bytes, _ entry: Entry) -> Bool {
        plain.updateValue(entry, forKey: key) == nil
    }

    /// Adds a key by its digest, 64 hexadecimal digits in small letters; `false` if it is listed already.
    mutating func add(digest: Bytes, _ entry: Entry) -> Bool {
        hashed.updateValue(entry, forKey: digest) == nil
    }

    /// The entry of a key that a client sent; `nil` if it is not on the list.
    func entry(for key: Bytes) -> Entry? {
        if let entry = plain[key] { return entry }
        guard !hashed.isEmpty, key.count <= Self.longestKey else { return nil }
        return hashed[SHA256.hexDigest(of: Array(key))[...]]
    }

    /// The entry of a key that is listed by this digest; `nil` if there is none.
    func entry(forDigest digest: Bytes) -> Entry? { hashed[digest] }

    /// An entry with this name in identities; `nil` if there is none.
    ///
    /// Looks at every key.
    func entry(named name: Bytes) -> Entry? {
        plain.values.first { $0.name == name } ?? hashed.values.first { $0.name == name }
    }
}
