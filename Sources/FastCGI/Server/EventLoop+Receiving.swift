import Glibc

extension EventLoop {
    /// Looks at what has arrived on a connection, and takes a request that is there.
    ///
    /// If `isLast`, the peer sends nothing more.
    func receive(_ connection: Connection, isLast: Bool) {
        guard let bytes = peek(connection) else { return }
        switch RecordScan(bytes) {
        case .incomplete where isLast:
            end(connection)
        case .request(_, .unfinished) where readsBodies && bytes.count < peekBuffer.count && !isLast, .incomplete:
            if case .idle = connection.state { enter(.receiving, connection, timeout: limits.requestTimeout) }
        case .malformed(let fault):
            endFaulty(connection, fault)
        case .request(let role, let body):
            take(role, body, from: connection, isLast: isLast)
        }
    }

    /// The bytes that have arrived on a connection, which stay there (`MSG_PEEK`).
    ///
    /// - Returns: at least one byte and at most the longest head; `nil` if there is none. If none can follow either, the
    ///   connection is closed.
    func peek(_ connection: Connection) -> UnsafeRawBufferPointer? {
        let count = recv(
            connection.key.descriptor, peekBuffer.baseAddress, peekBuffer.count, Int32(MSG_PEEK | MSG_DONTWAIT))
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { end(connection) }
            return nil
        }
        return UnsafeRawBufferPointer(rebasing: peekBuffer[..<count])
    }

    /// Discards bytes that were looked at.
    func discard(_ count: Int, of connection: Connection) {
        recv(connection.key.descriptor, peekBuffer.baseAddress, count, Int32(MSG_DONTWAIT))
    }

    /// Closes a connection that can carry no further request.
    func endFaulty(_ connection: Connection, _ fault: RecordScan.Fault) {
        log("closed a FastCGI connection that sent \(fault.rawValue)")
        end(connection)
    }

    private func take(_ role: Request.Role, _ body: RecordScan.Body, from connection: Connection, isLast: Bool) {
        let taken: RequestReader.Received?
        if case .unfinished(let count) = body {
            // Still in the buffer after it is taken from the socket.
            discard(count, of: connection)
            taken = reader.take(role, head: UnsafeRawBufferPointer(rebasing: peekBuffer[..<count]))
            if taken == nil { close(connection.key.descriptor) }
        } else {
            taken = reader.take(from: connection.key.descriptor, role, body)
        }
        guard let taken else { return forget(connection) }
        let exchange = Exchange(
            identifier: taken.identifier, keepsConnection: taken.keepsConnection, body: body, isLast: isLast)
        connection.enter(.answering(exchange), at: now)
        requests.append(taken.request)
        requesters.append(connection)
    }
}
