public import Limiters
import Platform

/// How clients are named in the spool and in the database.
public enum ClientNames: Sendable, Hashable {
    /// As rules name them: `address=203.0.113.9`.
    case plain
    /// As `hashed=` and 32 hexadecimal digits, equal for equal clients and secrets. Addresses are omitted.
    ///
    /// The digits are the first half of HMAC-SHA256, keyed by the secret. With an empty secret, anyone can find the address
    /// that belongs to a hash by trying all addresses.
    case hashed(secret: String)

    /// The name of all other clients together; no identity has this name.
    public static let other = "other"

    /// The name of the form in the database.
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
            Array("hashed=".utf8) + HMAC(key: Array(secret.utf8)).hexDigits(of: client.bytes).prefix(32)
        }
    }

    /// An address as PostgreSQL reads it; `nil` if it is invalid or not recorded.
    func address(_ text: [UInt8]?) -> [UInt8]? {
        guard case .plain = self, let text else { return nil }
        return IPAddress(text[...]) == nil ? nil : text
    }
}
