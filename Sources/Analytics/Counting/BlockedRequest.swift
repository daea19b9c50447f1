public import Limiters
import Platform

/// A refused request in detail: blocked, or not decided by a store that failed.
public struct BlockedRequest: Sendable {
    /// How many blocked requests of one second a loop keeps and a process writes.
    static let maximumPerSecond = 100
    /// How many bytes of a method are kept: more than any known method has.
    private static let maximumMethodLength = 32
    /// How many bytes of an address are kept: more than any address has.
    private static let maximumAddressLength = 64

    let time: Microseconds
    let client: Identity
    let address: [UInt8]?
    let retryAfter: Microseconds?
    let userAgent: [UInt8]?
    let method: [UInt8]?
    let host: [UInt8]?
    let path: [UInt8]
    let status: Int?
    let countedStatus: Int?

    /// A request that was blocked now.
    ///
    /// - Parameters:
    ///   - client: the identity that is counted.
    ///   - address: the client's address as the web server sent it; invalid addresses are omitted when it is written.
    ///   - retryAfter: how long to wait; `nil` if waiting does not help.
    ///   - userAgent: what the client sent, any bytes.
    ///   - method: what the client sent, any bytes.
    ///   - host: what the client sent, any bytes.
    ///   - path: any bytes.
    ///   - status: the answer's status; `nil` if the request was let through.
    ///   - countedStatus: the status of the client's latest request that counted; `nil` if none is known.
    public init(
        client: Identity, address: ArraySlice<UInt8>?, retryAfter: Microseconds?, userAgent: ArraySlice<UInt8>?,
        method: ArraySlice<UInt8>?, host: ArraySlice<UInt8>?, path: ArraySlice<UInt8>, status: Int?,
        countedStatus: Int? = nil
    ) {
        time = wallMicroseconds()
        self.client = client
        self.address = address.map { Array($0.prefix(Self.maximumAddressLength)) }
        self.retryAfter = retryAfter
        self.userAgent = userAgent.map { Array($0.prefix(RequestDimensions.maximumLength)) }
        self.method = method.map { Array($0.prefix(Self.maximumMethodLength)) }
        self.host = host.map { Array($0.prefix(RequestDimensions.maximumLength)) }
        self.path = Array(path.prefix(RequestDimensions.maximumLength))
        self.status = status
        self.countedStatus = countedStatus
    }
}
