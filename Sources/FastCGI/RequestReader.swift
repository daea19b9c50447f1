import CFastCGI
import Glibc

/// Takes requests from connections, one after the other: the owner of an `FCGX_Request`.
///
/// What libfcgi allocates for a request is free again before the next one is read. Kept until a whole batch is answered, it
/// would be more than malloc keeps at hand, and cost a tenth of the limiter's time.
struct RequestReader: ~Copyable {
    /// libfcgi keeps its address, so it stays in one place on the heap.
    private let request: UnsafeMutablePointer<FCGX_Request>

    init() {
        request = .allocate(capacity: 1)
        FCGX_InitRequest(request, -1, 0)
    }

    deinit {
        request.deallocate()
    }

    /// What was taken from a connection.
    typealias Received = (request: Request, identifier: UInt16, keepsConnection: Bool)

    /// Takes the request that a scan found in front of `descriptor` (`FCGX_Accept_r`).
    ///
    /// - Returns: the request; `nil` when libfcgi found none after all and closed the connection.
    func take(from descriptor: Int32, _ role: Request.Role, _ body: RecordScan.Body) -> Received? {
        request.pointee.ipcFd = descriptor
        request.pointee.keepConnection = 1
        // "Detached" makes libfcgi close without first waiting up to 2 s for the peer to do so.
        request.pointee.detached = 1
        guard FCGX_Accept_r(request) == 0, let environment = request.pointee.envp else { return nil }
        if body == .ended { takeBody() }
        defer {
            FCGX_Free(request, 0)
            request.pointee.ipcFd = -1
        }
        return (
            Request(role: role, environment: environment), UInt16(truncatingIfNeeded: request.pointee.requestId),
            request.pointee.keepConnection != 0
        )
    }

    /// Takes a request whose body has not come whole, given its head.
    ///
    /// libfcgi reads ahead, and then nobody could tell how much of the body it has. So it reads the head from a socket
    /// of its own.
    ///
    /// - Returns: the request; `nil` when libfcgi found none after all, or there is no descriptor.
    func take(_ role: Request.Role, head: UnsafeRawBufferPointer) -> Received? {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
        // A new socket has room for a head.
        let count = write(ends[1], head.baseAddress, head.count)
        close(ends[1])
        guard count == head.count else {
            close(ends[0])
            return nil
        }
        let taken = take(from: ends[0], role, .absent)
        if taken != nil { close(ends[0]) }
        return taken
    }

    /// Takes what is left of the body, all of which has arrived; left over, it would stand in front of the next request.
    private func takeBody() {
        withUnsafeTemporaryAllocation(byteCount: 4_096, alignment: 1) { buffer in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
            while FCGX_GetStr(start, Int32(buffer.count), request.pointee.in) > 0 {}
        }
    }
}
