public import Limiters
import Platform

/// A blocked request in detail.
public struct BlockedRequest: Sendable {
    /// How many blocked requests of one second a loop keeps and a process writes.
    static let maximumPerSecond = 100
    /// How many bytes of a user agent are kept.
    static let maximumUserAgentLength = 256
    /// How many bytes of an address are kept: more than any address has.
    private static let maximumAddressLength = 64

    let time: Microseconds
    let client: Identity
    let address: [UInt8]?
    let retryAfter: Microseconds?
    let userAgent: [UInt8]?

    /// A request that was blocked now.
    ///
    /// - Parameters:
    ///   - client: the identity that is counted.
    ///   - address: the client's address as the web server sent it; invalid addresses are omitted when it is written.
    ///   - retryAfter: how long to wait; `nil` if waiting does not help.
    ///   - userAgent: what the client sent, any bytes.
    public init(
        client: Identity, address: ArraySlice<UInt8>?, retryAfter: Microseconds?, userAgent: ArraySlice<UInt8>?
    ) {
        time = wallMicroseconds()
        self.client = client
        self.address = address.map { Array($0.prefix(Self.maximumAddressLength)) }
        self.retryAfter = retryAfter
        self.userAgent = userAgent.map { Array($0.prefix(Self.maximumUserAgentLength)) }
    }
}
