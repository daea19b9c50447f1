import CLinux
import Glibc

extension EventLoop {
    /// How long new connections wait if there is no room for them.
    private static let acceptingPause: Milliseconds = 100

    /// Accepts the connections that wait, up to 64 so that others get their turn; at least one waits.
    func acceptConnections() {
        for number in 0..<64 where !isStopping {
            if openConnections.value >= limits.maximumCount {
                // After the first it is not known whether another waits. If so, there is an event again.
                guard number == 0,
                    makeRoom("\(limits.maximumCount) FastCGI connections are open, the most allowed")
                else { return }
            }
            let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            let descriptor = accept4(listener, nil, nil, flags)
            if descriptor >= 0 {
                add(descriptor)
            } else {
                guard [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(errno), number == 0,
                    makeRoom("no file descriptor is left for a new FastCGI connection (raise ulimit -n)")
                else { return }
            }
        }
    }

    /// Accepts connections again after a pause.
    func resumeAccepting() {
        guard let acceptingResumes, now >= acceptingResumes, !isStopping else { return }
        self.acceptingResumes = nil
        poller.watch(listener, as: .listener)
    }

    private func add(_ descriptor: Int32) {
        // Fails harmlessly on Unix sockets, which don't need it.
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        let connection = connections.insert(descriptor)
        enter(.idle, connection, timeout: limits.firstByteTimeout)
        openConnections.add(1)
        poller.watch(connection.key)
    }

    /// Closes idle connections, or pauses accepting if none is idle.
    ///
    /// Their web servers open others when they need them.
    ///
    /// - Parameter shortage: what is short, for the log.
    /// - Returns: whether there is room.
    private func makeRoom(_ shortage: String) -> Bool {
        guard endIdle(connections.all.filter(\.isDispensable)) else {
            acceptingResumes = now + Self.acceptingPause
            poller.forget(listener)
            log("\(shortage): no connection is idle, so new ones have to wait")
            return false
        }
        log("\(shortage): closed the connections that were idle longest")
        return true
    }

    /// Closes a sixteenth of these connections, those that have been idle longest.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func endIdle(_ idle: [Connection]) -> Bool {
        let sorted = idle.sorted { $0.since < $1.since }
        for connection in sorted.prefix(sorted.count / 16 + 1) { end(connection) }
        return !sorted.isEmpty
    }
}
