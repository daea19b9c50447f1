/// The store's name for an identity and a policy: `window:{address=203.0.113.9}:data`.
///
/// Two pairs of identity and policy never share a key: the braces, which neither contains, part the one from the other.
/// They are also the hash tag that puts all policies of one identity into one slot of a Redis Cluster. At most
/// ``longest`` bytes.
public struct Key: Sendable, Hashable {
    /// The longest key in bytes: `bucket:{`, an identity, `}:` and a policy's name.
    public static let longest = 8 + Identity.longestText + 2 + 64

    /// The key's bytes, all printable ASCII.
    public let bytes: [UInt8]

    /// The key under which `policy` counts `identity`.
    public init(_ identity: Identity, _ policy: Policy) {
        let prefix: StaticString =
            switch policy.quota.algorithm {
            case .slidingWindow: "window:{"
            case .tokenBucket: "bucket:{"
            }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(10 + identity.bytes.count + policy.name.utf8.count)
        bytes.append(contentsOf: UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
        bytes.append(contentsOf: identity.bytes)
        bytes.append(UInt8(ascii: "}"))
        bytes.append(UInt8(ascii: ":"))
        bytes.append(contentsOf: policy.name.utf8)
        self.bytes = bytes
    }
}
