import Glibc
public import Limiters

/// How clients are written down.
public enum ClientNames: Sendable, Hashable {
    /// As rules name them: `address=203.0.113.9`.
    case plain
    /// As `hashed=` and 32 hexadecimal digits, always the same for the same client and secret; addresses are left out.
    ///
    /// Without a secret whoever has a hash can find an address by trying all of them.
    case hashed(secret: String)

    /// The client that stands for all others; no identity is written so.
    public static let other = "other"

    /// What it is called in the database.
    var kind: String {
        switch self {
        case .plain: "plain"
        case .hashed: "hashed"
        }
    }

    /// The name of a client, in ASCII.
    public func name(_ client: Identity) -> [UInt8] {
        switch self {
        case .plain: client.bytes
        case .hashed(let secret):
            Array("hashed=".utf8) + SHA256.hexDigest(of: Array(secret.utf8) + [0] + client.bytes).prefix(32)
        }
    }

    /// An address as PostgreSQL reads it; `nil` where it is none, or is not written down.
    func address(_ text: [UInt8]?) -> [UInt8]? {
        guard case .plain = self, let text else { return nil }
        var binary = in6_addr()
        let isAddress = (text.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { text in
            guard let start = text.baseAddress else { return false }
            return inet_pton(AF_INET, start, &binary) == 1 || inet_pton(AF_INET6, start, &binary) == 1
        }
        return isAddress ? text : nil
    }
}
