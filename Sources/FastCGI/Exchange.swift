import CFastCGI
import Glibc

/// One request taken from a connection, to be answered: the owner of an `FCGX_Request`.
///
/// libfcgi keeps the address of the structure inside its streams, so it stays in one place on the heap; an event loop
/// uses one again for each request of a tick.
final class Exchange {
    private let request: UnsafeMutablePointer<FCGX_Request>
    private(set) var descriptor: Int32 = -1
    private var keepsConnection = false

    init() {
        request = .allocate(capacity: 1)
        FCGX_InitRequest(request, -1, 0)
    }

    deinit {
        request.deallocate()
    }

    /// Takes the request that `scan` found in front of `descriptor` (`FCGX_Accept_r`).
    ///
    /// - Returns: the request; `nil` when libfcgi found none after all and closed the connection.
    func accept(_ descriptor: Int32, _ role: Request.Role, _ body: RecordScan.Body) -> Request? {
        request.pointee.ipcFd = descriptor
        request.pointee.keepConnection = 1
        // "Detached" makes libfcgi close without first waiting up to 2 s for the peer to do so.
        request.pointee.detached = 1
        guard FCGX_Accept_r(request) == 0, let environment = request.pointee.envp else { return nil }
        self.descriptor = descriptor
        keepsConnection = request.pointee.keepConnection != 0
        if body == .ended { takeBody() }
        return Request(role: role, environment: environment)
    }

    /// Takes a request whose body has not come whole, given its head.
    ///
    /// libfcgi reads ahead, and then nobody could tell how much of the body it has. So it reads the head from a socket
    /// of its own, and has the connection for its answer only.
    ///
    /// - Returns: the request; `nil` when libfcgi found none after all, or there is no descriptor.
    func accept(_ descriptor: Int32, _ role: Request.Role, head: UnsafeRawBufferPointer) -> Request? {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
        // A new socket has room for a head.
        let count = write(ends[1], head.baseAddress, head.count)
        close(ends[1])
        let request = count == head.count ? accept(ends[0], role, .absent) : nil
        if request != nil { close(ends[0]) }
        self.descriptor = descriptor
        self.request.pointee.ipcFd = request == nil ? -1 : descriptor
        return request
    }

    /// What is to become of the connection.
    enum Ending {
        /// The peer wants to send further requests.
        case keep
        /// The peer is done with it.
        case close
        /// libfcgi closed it: the peer had gone.
        case gone
    }

    /// Sends the answer and ends the request (`FCGX_PutStr`, `FCGX_Finish_r`); the descriptor stays open unless `.gone`.
    func answer(_ response: Response) -> Ending {
        put(response.head)
        put(response.lengthAndEnd)
        if response.sendsBody { put(response.body) }
        // The loop closes connections, not libfcgi.
        request.pointee.keepConnection = 1
        FCGX_Finish_r(request)
        let isGone = request.pointee.ipcFd < 0
        request.pointee.ipcFd = -1
        return isGone ? .gone : keepsConnection ? .keep : .close
    }

    private func put(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes {
            guard let start = $0.baseAddress else { return }
            _ = FCGX_PutStr(start.assumingMemoryBound(to: CChar.self), Int32($0.count), request.pointee.out)
        }
    }

    /// Takes what is left of the body, all of which has arrived; left over, it would stand in front of the next request.
    private func takeBody() {
        withUnsafeTemporaryAllocation(byteCount: 4_096, alignment: 1) { buffer in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
            while FCGX_GetStr(start, Int32(buffer.count), request.pointee.in) > 0 {}
        }
    }
}
