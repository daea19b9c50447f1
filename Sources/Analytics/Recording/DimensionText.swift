import Limiters
import Platform

extension DimensionValue {
    /// The value as it is recorded; an address or network of hashed clients is hashed like a client.
    func text(_ names: ClientNames) -> [UInt8] {
        switch self {
        case .address(let address): names.text(of: .address, "\(address)")
        case .network(.v4(let first)): names.text(of: .network, "\(IPAddress.v4(first))/24")
        case .network(.v6(let first)): names.text(of: .network, "\(IPAddress.v6(first))/64")
        case .path(let text), .userAgent(let text): text
        }
    }
}

extension ClientNames {
    fileprivate func text(of dimension: Dimension, _ text: String) -> [UInt8] {
        switch self {
        case .plain: Array(text.utf8)
        case .hashed: name(Identity(dimension.rawValue, text.utf8))
        }
    }
}
