import Foundation
import Synchronization

/// A free TCP port on 127.0.0.1.
public struct FreePort: Sendable, Hashable {
    /// The port's number.
    public let number: Int

    /// Ports returned earlier, which may not be in use yet.
    private static let taken = Mutex<Set<Int>>([])

    /// Finds a port that no other call in this process returns, below the range for outgoing connections: one of those could
    /// otherwise take the port before the server starts, or while it restarts.
    ///
    /// - Parameter distance: how far above it another port must be free, which no other call returns either; 0 for none.
    /// - Throws: ``ServerError`` when there is none.
    public init(alsoAt distance: Int = 0) throws {
        let range = try String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
        let end = range.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) } ?? 32_768
        guard end > 11_000 else { throw ServerError("no free port: outgoing connections have all from \(end) on") }
        let numbers = (0..<100).lazy.map { _ in Int.random(in: 10_000..<(end - distance)) }
        let free = Self.taken.withLock { taken in
            numbers.first { number in
                let both: Set = [number, number + distance]
                guard both.allSatisfy(Self.isFree), taken.isDisjoint(with: both) else { return false }
                taken.formUnion(both)
                return true
            }
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
