import Foundation

/// A server that accepts connections and never says a word.
public final class SilentListener: Sendable {
    private let descriptor: Int32

    /// Listens.
    ///
    /// - Parameters:
    ///   - address: where.
    ///   - queue: how many connections may wait; one more fits than this.
    /// - Throws: ``ServerError`` when it cannot.
    public init(_ address: ServerAddress, queue: Int32) throws {
        descriptor = address.makeSocket()
        guard address.withAddress({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, queue) == 0 else {
            throw ServerError("cannot listen on \(address): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
    }

    /// How many connections have come since it was asked last; they are closed now.
    public func waitingConnections() -> Int {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var count = 0
        while true {
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { return count }
            close(connection)
            count += 1
        }
    }
}
