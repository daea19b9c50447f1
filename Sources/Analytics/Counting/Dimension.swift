public import Platform

/// What requests are ranked by besides the client that a rule counts.
///
/// The raw value is its name in the database.
enum Dimension: String, CaseIterable {
    /// The address that the request came from.
    case address
    /// The first 24 bits of an IPv4 address, the first 64 of an IPv6 address.
    case network
    /// The path in its normal form, without the query.
    case path
    /// The header `User-Agent`; empty if there is none.
    case userAgent = "user_agent"

    /// Its index in `allCases`.
    var index: Int {
        switch self {
        case .address: 0
        case .network: 1
        case .path: 2
        case .userAgent: 3
        }
    }
}

/// A value of a dimension.
enum DimensionValue: Hashable {
    case address(IPAddress)
    /// The network's first address.
    case network(IPAddress)
    case path([UInt8])
    case userAgent([UInt8])

    /// The dimension that it belongs to.
    var dimension: Dimension {
        switch self {
        case .address: .address
        case .network: .network
        case .path: .path
        case .userAgent: .userAgent
        }
    }
}

/// The values of one request in all dimensions.
public struct RequestDimensions {
    /// How many bytes of a path and of a user agent are kept.
    static let maximumLength = 256

    private let address: IPAddress?
    private let path: ArraySlice<UInt8>
    private let userAgent: ArraySlice<UInt8>

    /// The values of a request.
    ///
    /// - Parameters:
    ///   - address: the client's address; `nil` if it is unknown.
    ///   - path: any bytes.
    ///   - userAgent: any bytes.
    public init(address: IPAddress?, path: ArraySlice<UInt8>, userAgent: ArraySlice<UInt8>) {
        self.address = address
        self.path = path.prefix(Self.maximumLength)
        self.userAgent = userAgent.prefix(Self.maximumLength)
    }

    /// Calls `body` with each dimension, bytes that tell its value from others, and a closure that makes the value.
    func forEach(_ body: (Dimension, UnsafeRawBufferPointer, () -> DimensionValue) -> Void) {
        if let address {
            Swift.withUnsafeBytes(of: address.bits) { body(.address, $0) { .address(address) } }
            let network = address.network
            Swift.withUnsafeBytes(of: network.bits) { body(.network, $0) { .network(network) } }
        }
        path.withUnsafeBytes { body(.path, $0) { .path(Array(path)) } }
        userAgent.withUnsafeBytes { body(.userAgent, $0) { .userAgent(Array(userAgent)) } }
    }
}

extension IPAddress {
    /// The address as an IPv6 address, to which an IPv4 address is mapped.
    fileprivate var bits: UInt128 {
        switch self {
        case .v4(let value): 0xFFFF << 32 | UInt128(value)
        case .v6(let value): value
        }
    }

    /// The first address of its network.
    fileprivate var network: IPAddress {
        switch self {
        case .v4(let value): .v4(value & ~0xFF)
        case .v6(let value): .v6(value & (~0 << 64))
        }
    }
}
