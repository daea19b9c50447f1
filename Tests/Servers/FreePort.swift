import Foundation
import Synchronization

/// A TCP port of 127.0.0.1 that nobody listens on.
public struct FreePort: Sendable, Hashable {
    /// The port's number.
    public let number: Int

    /// Given out before: whoever has one may not have begun to listen.
    private static let taken = Mutex<Set<Int>>([])

    /// A port that no other call in this process gives, from below those that the kernel gives to outgoing connections:
    /// one of these could take it before the server does, or while the server is restarted.
    ///
    /// - Throws: ``ServerError`` when there is none.
    public init() throws {
        let range = try String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
        let end = range.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) } ?? 32_768
        guard end > 11_000 else { throw ServerError("no free port: outgoing connections have all from \(end) on") }
        let numbers = (0..<100).lazy.map { _ in Int.random(in: 10_000..<end) }
        let free = Self.taken.withLock { taken in
            numbers.first { Self.isFree($0) && taken.insert($0).inserted }
        }
        guard let free else {
            throw ServerError("no free port: \(String(cString: strerror(errno)))")
        }
        number = free
    }

    private static func isFree(_ number: Int) -> Bool {
        let address = ServerAddress.tcp(port: number)
        let descriptor = address.makeSocket()
        defer { close(descriptor) }
        return address.withAddress { bind(descriptor, $0, $1) == 0 }
    }
}
