import Glibc

extension EventLoop {
    /// Reads what has arrived on a connection, and takes a request that is complete.
    ///
    /// If `isLast`, the peer sends nothing more.
    func receive(_ connection: Connection, isLast: Bool) {
        var earlier = 0
        if case .receiving(let bytes) = connection.state {
            buffer.copyBytes(from: bytes)
            earlier = bytes.count
        }
        guard let bytes = read(connection, after: earlier) else { return }
        examine(bytes, of: connection, isLast: isLast || bytes.count == earlier)
    }

    /// Takes the request that begins a connection's bytes, or keeps them until more have arrived.
    func examine(_ bytes: UnsafeRawBufferPointer, of connection: Connection, isLast: Bool) {
        switch RecordScan(bytes) {
        case .incomplete where isLast:
            end(connection)
        case .request(_, .unfinished) where readsBodies && bytes.count < buffer.count && !isLast, .incomplete:
            let state = Connection.State.receiving(Array(bytes))
            // The time for a request begins with its first bytes.
            if case .receiving = connection.state { return connection.update(state) }
            enter(state, connection, timeout: limits.requestTimeout)
        case .malformed(let fault):
            endFaulty(connection, fault)
        case .request(let role, let body):
            take(bytes, role, body, from: connection, isLast: isLast)
        }
    }

    /// Reads into the buffer what has arrived on a connection.
    ///
    /// - Parameters:
    ///   - connection: the connection.
    ///   - earlier: how many bytes of the connection are in the buffer already.
    /// - Returns: these and at least one more, or these alone at the end of the input; `nil` if none has arrived. If there are none
    ///   and none can follow either, the connection is closed.
    func read(_ connection: Connection, after earlier: Int = 0) -> UnsafeRawBufferPointer? {
        let free = UnsafeMutableRawBufferPointer(rebasing: buffer[earlier...])
        let count = recv(connection.key.descriptor, free.baseAddress, free.count, Int32(MSG_DONTWAIT))
        guard count > 0 || (count == 0 && earlier > 0) else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { end(connection) }
            return nil
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<(earlier + count)])
    }

    /// Closes a connection that can carry no further request.
    func endFaulty(_ connection: Connection, _ fault: RecordScan.Fault) {
        log("closed a FastCGI connection that sent \(fault.rawValue)")
        end(connection)
    }

    private func take(
        _ bytes: UnsafeRawBufferPointer, _ role: Request.Role, _ body: RecordScan.Body, from connection: Connection,
        isLast: Bool
    ) {
        var (head, drain) = (bytes, BodyDrain())
        if case .unfinished(let count) = body {
            head = UnsafeRawBufferPointer(rebasing: bytes[..<count])
            guard drain.skip(UnsafeRawBufferPointer(rebasing: bytes[count...])) == .unfinished else {
                return endFaulty(connection, .sequence)
            }
        }
        guard let taken = reader.take(head, from: connection.key.descriptor, role, body) else {
            return forget(connection)
        }
        let exchange = Exchange(
            identifier: taken.identifier, keepsConnection: taken.keepsConnection, body: body, drain: drain,
            isLast: isLast)
        connection.enter(.answering(exchange), at: now)
        requests.append(taken.request)
        requesters.append(connection)
    }
}
