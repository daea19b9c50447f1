import CFastCGI

/// Takes requests from connections, one after the other: the owner of an `FCGX_Request`.
///
/// What libfcgi allocates for a request is freed before the next one is read. If it were kept until a whole batch is
/// answered, malloc would return the memory to the system each time, at a tenth of the limiter's speed.
struct RequestReader: ~Copyable {
    /// On the heap, because libfcgi keeps its address.
    private let request: UnsafeMutablePointer<FCGX_Request>

    init() {
        request = .allocate(capacity: 1)
        FCGX_InitRequest(request, -1, 0)
    }

    deinit {
        request.deallocate()
    }

    /// A request that was taken from a connection.
    typealias Received = (request: Request, identifier: UInt16, keepsConnection: Bool)

    /// Takes the request that a scan found in bytes which `descriptor` has received (`FCGX_Accept_r`).
    ///
    /// - Returns: the request; `nil` if libfcgi could not parse it and closed the connection.
    func take(
        _ bytes: UnsafeRawBufferPointer, from descriptor: Int32, _ role: Request.Role, _ body: RecordScan.Body
    ) -> Received? {
        fcgi_set_input(bytes.baseAddress, bytes.count)
        request.pointee.ipcFd = descriptor
        request.pointee.keepConnection = 1
        // "Detached" makes libfcgi close a connection without first waiting up to 2 s for the peer to close it.
        request.pointee.detached = 1
        guard FCGX_Accept_r(request) == 0, let environment = request.pointee.envp else { return nil }
        let content = body == .ended ? takeBody() : nil
        defer {
            FCGX_Free(request, 0)
            request.pointee.ipcFd = -1
        }
        return (
            Request(role: role, environment: environment, body: content),
            UInt16(truncatingIfNeeded: request.pointee.requestId), request.pointee.keepConnection != 0
        )
    }

    /// Takes a body that has fully arrived; otherwise it would precede the connection's next request.
    private func takeBody() -> [UInt8] {
        var body: [UInt8] = []
        // Small enough for the stack: most bodies are empty.
        withUnsafeTemporaryAllocation(byteCount: 1_024, alignment: 1) { buffer in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
            while true {
                let count = FCGX_GetStr(start, Int32(buffer.count), request.pointee.in)
                guard count > 0 else { return }
                body.append(contentsOf: buffer[..<Int(count)])
            }
        }
        return body
    }
}
