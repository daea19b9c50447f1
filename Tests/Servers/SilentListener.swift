import Foundation

/// A server that accepts connections and never answers.
public final class SilentListener: Sendable {
    private let descriptor: Int32

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - address: the address to listen on.
    ///   - queue: the length of the queue of connections; the kernel accepts one more.
    /// - Throws: ``ServerError`` when it cannot listen.
    public init(_ address: ServerAddress, queue: Int32) throws {
        descriptor = address.makeSocket()
        guard address.withAddress({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, queue) == 0 else {
            throw ServerError("cannot listen on \(address): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Closes the connections since the last call and returns their number.
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
