public import Limiters
import Platform

/// A request that was blocked, in detail.
public struct BlockedRequest: Sendable {
    /// How many of one second a loop keeps, and a process writes.
    static let mostInASecond = 100
    /// How much of a user agent is kept, in bytes.
    static let longestUserAgent = 256

    let time: Microseconds
    let client: Identity
    let address: [UInt8]?
    let retryAfter: Microseconds?
    let userAgent: [UInt8]?

    /// A request that was blocked now.
    ///
    /// - Parameters:
    ///   - client: who is counted.
    ///   - address: where it came from, as the web server says it; what is no address is left out when it is written.
    ///   - retryAfter: how long to wait; `nil` where waiting does not help.
    ///   - userAgent: what the client sent, any bytes.
    public init(
        client: Identity, address: ArraySlice<UInt8>?, retryAfter: Microseconds?, userAgent: ArraySlice<UInt8>?
    ) {
        time = wallMicroseconds()
        self.client = client
        self.address = address.map { Array($0.prefix(64)) }
        self.retryAfter = retryAfter
        self.userAgent = userAgent.map { Array($0.prefix(Self.longestUserAgent)) }
    }
}
