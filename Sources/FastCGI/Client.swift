import Glibc

/// Asks a running FastCGI program for a page, as a web server on this machine does for a client on it.
public struct Client {
    private let address: Listener.Address
    private let socketAddress: SocketAddress

    /// The client of the program that listens on `address`.
    ///
    /// - Throws: ``ListenError`` when nobody else can connect to the address.
    public init(_ address: Listener.Address) throws(ListenError) {
        self.address = address
        switch address {
        case .unix(let path, _, _): socketAddress = try SocketAddress(unix: path)
        case .tcp(let host, let port): socketAddress = try SocketAddress(host: host, port: port)
        case .descriptor, .systemd:
            throw ListenError("\(address) is only known to the program: name unix:PATH or HOST:PORT")
        }
    }

    /// The status and the body of the answer to `GET path`.
    ///
    /// - Parameters:
    ///   - path: shorter than 128 bytes.
    ///   - seconds: how long the program may take to accept the connection, and to answer.
    /// - Returns: the answer.
    /// - Throws: ``ListenError`` when there is none.
    public func get(_ path: String, seconds: Int) throws(ListenError) -> (status: Int, body: String) {
        let descriptor = socketAddress.makeSocket()
        defer { close(descriptor) }
        let timeout = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = withUnsafeBytes(of: timeout) {
                setsockopt(descriptor, SOL_SOCKET, option, $0.baseAddress, socklen_t($0.count))
            }
        }
        guard socketAddress.call(connect, descriptor) == 0 else {
            throw ListenError("\(address): \(String(cString: strerror(errno))): start the program, or name its address")
        }
        let request = Self.request(path)
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        if send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count {
            while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 {
                received += buffer[..<count]
            }
        }
        let parts = Self.output(received).split(separator: "\r\n\r\n", maxSplits: 1)
        guard parts.count == 2, let status = Int(parts[0].dropFirst("Status: ".count).prefix(3)) else {
            throw ListenError("\(address): no answer within \(seconds) s: restart the program")
        }
        return (status, String(parts[1]))
    }

    /// A request whose connection ends with its answer.
    private static func request(_ path: String) -> [UInt8] {
        var variables: [UInt8] = []
        for (name, value) in [("REQUEST_METHOD", "GET"), ("REQUEST_URI", path), ("REMOTE_ADDR", "127.0.0.1")] {
            variables += [UInt8(name.utf8.count), UInt8(value.utf8.count)]
            variables += Array(name.utf8) + Array(value.utf8)
        }
        var bytes: [UInt8] = []
        // Role FCGI_RESPONDER, without FCGI_KEEP_CONN.
        let records: [(RecordHeader.Kind, [UInt8])] = [
            (.begin, [0, 1, 0, 0, 0, 0, 0, 0]), (.parameters, variables), (.parameters, []), (.input, []),
        ]
        for (kind, content) in records {
            RecordHeader(kind, request: 1, contentSize: content.count).append(to: &bytes)
            bytes += content
        }
        return bytes
    }

    /// The program's output in the records that it sent.
    private static func output(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { bytes in
            var output: [UInt8] = []
            var offset = 0
            while offset + RecordHeader.size <= bytes.count {
                let header = RecordHeader(bytes, at: offset)
                let start = offset + RecordHeader.size
                let end = min(start + header.contentSize, bytes.count)
                if header.kind == .output { output += bytes[start..<end] }
                offset = end + header.paddingSize
            }
            return String(decoding: output, as: UTF8.self)
        }
    }
}
