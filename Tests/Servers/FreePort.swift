import Foundation

/// A TCP port of 127.0.0.1 that nobody listens on.
public struct FreePort: Sendable, Hashable {
    /// The port's number.
    public let number: Int

    /// The port that the kernel gives: it hands out another one each time, so tests side by side do not meet.
    ///
    /// - Throws: ``ServerError`` when there is none.
    public init() throws {
        let any = ServerAddress.tcp(port: 0)
        let descriptor = any.makeSocket()
        defer { close(descriptor) }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = any.withAddress { bind(descriptor, $0, $1) == 0 }
        let named = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
        }
        guard bound, named else { throw ServerError("no free port: \(String(cString: strerror(errno)))") }
        number = Int(in_port_t(bigEndian: address.sin_port))
    }
}
