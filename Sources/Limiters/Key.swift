/// The store's name for an identity and a policy: `window:{address=203.0.113.9}:data`.
///
/// No two pairs of identity and policy share a key, because neither contains the braces that separate them. The braces
/// are also the hash tag that puts all policies of one identity into one slot of a Redis Cluster. A key has at most
/// ``longest`` bytes.
public struct Key: Sendable, Hashable {
    /// The length in bytes of the longest key: `bucket:{`, an identity, `}:` and a policy's name.
    public static let longest = 8 + Identity.longestText + 2 + 64

    /// The key, all printable ASCII.
    public let bytes: [UInt8]

    /// The name of the policy.
    public var policy: String {
        let start = bytes.lastIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? 0
        return String(decoding: bytes[start...], as: UTF8.self)
    }

    /// The key of these bytes, which another key had.
    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The key under which `policy` counts `identity`.
    public init(_ identity: Identity, _ policy: Policy) {
        let prefix: StaticString =
            switch policy.quota.algorithm {
            case .slidingWindow, .atOnce: "window:{"
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
