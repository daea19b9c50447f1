import Glibc
import Servers

/// The web server's end of a FastCGI connection.
final class Peer {
    /// Why a peer got no answer.
    enum Failure: Error, Equatable {
        case notConnected(errno: Int32)
        case notSent(errno: Int32)
        /// The connection ended before the answer did, after so many bytes of its output.
        case ended(after: Int)
        case silent
        case notFastCGI
    }

    /// A complete answer.
    struct Answer {
        let head: [String]
        let body: [UInt8]
        let errors: [UInt8]
        /// The request identifiers of its records.
        let identifiers: Set<UInt16>

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Seconds after which a silent server is a failure.
    private static let timeout = 30

    let descriptor: Int32
    private var unread: [UInt8] = []

    /// Connects to a Unix socket.
    convenience init(_ path: String) throws {
        try self.init(.unix(path: path))
    }

    /// Connects to a server on this machine.
    init(_ address: ServerAddress) throws {
        descriptor = address.makeSocket()
        try connect { address.withAddress($0) }
    }

    /// Connects to a port of ::1.
    init(port6: Int) throws {
        descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        try connect { call in
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = UInt16(port6).bigEndian
            address.sin6_addr = in6addr_loopback
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    call($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
    }

    deinit {
        close(descriptor)
    }

    private typealias Call = (UnsafePointer<sockaddr>, socklen_t) -> Int32

    /// Connects with the address that `withAddress` passes to its argument.
    private func connect(_ withAddress: (Call) -> Int32) throws {
        var limit = timeval(tv_sec: Self.timeout, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        guard withAddress({ Glibc.connect(descriptor, $0, $1) }) == 0 else { throw Failure.notConnected(errno: errno) }
    }

    /// Sends all bytes.
    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure.notSent(errno: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Shuts down sending.
    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Waits for the first byte of an answer, which is not read.
    func waitForAnswer() throws {
        var byte: UInt8 = 0
        guard recv(descriptor, &byte, 1, Int32(MSG_PEEK)) > 0 else { throw Failure.silent }
    }

    /// Reads one answer, up to its END_REQUEST record.
    func answer() throws -> Answer {
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var identifiers: Set<UInt16> = []
        while true {
            let header = try take(8, after: output.count)
            identifiers.insert(UInt16(header[2]) << 8 | UInt16(header[3]))
            let content = try take(Int(header[4]) << 8 | Int(header[5]), after: output.count)
            _ = try take(Int(header[6]), after: output.count)
            switch Records.Kind(rawValue: header[1]) {
            case .output: output += content
            case .errors: errors += content
            case .end: return try Self.parse(output, errors, identifiers)
            default: throw Failure.notFastCGI
            }
        }
    }

    /// Sends a request and reads its answer.
    func ask(_ bytes: [UInt8]) throws -> Answer {
        try send(bytes)
        return try answer()
    }

    /// What the server does with a connection on which nothing is asked.
    enum End: Equatable {
        /// It closed the connection without a further byte.
        case closed
        /// It sent so many bytes first.
        case sent(Int)
        /// It did neither.
        case silent
    }

    /// Waits for the server to close the connection.
    func end() -> End {
        var count = unread.count
        while true {
            switch read() {
            case .closed: return count == 0 ? .closed : .sent(count)
            case .silent: return .silent
            case .bytes(let bytes): count += bytes.count
            }
        }
    }

    /// Whether the server has neither sent anything nor closed the connection.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return unread.isEmpty && count < 0 && errno == EAGAIN
    }

    /// Whether the server has closed the connection, with everything it had sent read.
    var isClosed: Bool {
        var byte: UInt8 = 0
        return unread.isEmpty && recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
    }

    private enum Reading {
        case bytes(ArraySlice<UInt8>)
        case closed
        case silent
    }

    private func read() -> Reading {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 { return .bytes(buffer[..<count]) }
        return count < 0 && errno == EAGAIN ? .silent : .closed
    }

    private func take(_ count: Int, after length: Int) throws -> ArraySlice<UInt8> {
        while unread.count < count {
            switch read() {
            case .bytes(let bytes): unread += bytes
            case .closed: throw Failure.ended(after: length)
            case .silent: throw Failure.silent
            }
        }
        defer { unread.removeFirst(count) }
        return ArraySlice(Array(unread[..<count]))
    }

    private static func parse(_ output: [UInt8], _ errors: [UInt8], _ identifiers: Set<UInt16>) throws -> Answer {
        guard let end = output.firstRange(of: Array("\r\n\r\n".utf8)) else { throw Failure.notFastCGI }
        let head = String(decoding: output[..<end.lowerBound], as: UTF8.self)
        return Answer(
            head: head.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init),
            body: Array(output[end.upperBound...]), errors: errors, identifiers: identifiers)
    }
}
