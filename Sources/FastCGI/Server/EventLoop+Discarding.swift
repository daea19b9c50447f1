import Glibc

extension EventLoop {
    /// Skips the rest of a body, then reads the next request.
    ///
    /// Closing the connection instead would fail the next request of a web server that has not yet noticed.
    func drain(_ connection: Connection, _ drain: BodyDrain) {
        enter(.draining(drain), connection, timeout: limits.lingerTimeout)
        poller.rewatch(connection.key, for: .reading)
    }

    /// Says that nothing more is sent, then discards what arrives until the peer closes.
    ///
    /// If the connection were closed at once, a peer that is still sending could lose the answer.
    func linger(_ connection: Connection) {
        shutdown(connection.key.descriptor, Int32(SHUT_WR))
        enter(.lingering, connection, timeout: limits.lingerTimeout)
        poller.rewatch(connection.key, for: .reading)
    }

    /// Discards what has arrived on a connection that drains or lingers, up to 1 MiB so that others get their turn.
    func discardInput(of connection: Connection) {
        for _ in 0..<16 {
            guard let bytes = read(connection) else { return }
            guard case .draining(var drain) = connection.state else { continue }
            switch drain.skip(bytes) {
            case .unfinished:
                connection.update(.draining(drain))
            case .ended(let count):
                enter(.idle, connection, timeout: limits.idleTimeout)
                poller.rewatch(connection.key, for: .reading)
                guard count < bytes.count else { return }
                return examine(UnsafeRawBufferPointer(rebasing: bytes[count...]), of: connection, isLast: false)
            case .malformed:
                return endFaulty(connection, .sequence)
            }
        }
        poller.rewatch(connection.key, for: .reading)
    }
}
