import Glibc

/// A UDP socket that receives messages: the owner of a descriptor.
public final class DatagramSocket: Sendable {
    /// The longest message, in bytes.
    private static let longestMessage = 16_384
    /// The size of the receive buffer in bytes; the system may grant less (`net.core.rmem_max`).
    private static let bufferSize: Int32 = 8 << 20
    /// The most messages that one call returns.
    private static let batchSize = 1_024

    private let descriptor: Int32

    /// A socket at an address, which other processes of the same user may share (`SO_REUSEPORT`).
    ///
    /// - Throws: ``DatagramError`` if the address cannot be used.
    public init(_ address: DatagramAddress) throws(DatagramError) {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        var size = Self.bufferSize
        let length = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, length)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, length)
        guard address.withSocketAddress({ bind(descriptor, $0, $1) }) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw DatagramError(description: "\(address): \(reason)")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Whether a message has arrived, after waiting for one at most so many microseconds.
    public func hasMessages(within time: Int64 = 0) -> Bool {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&event, 1, Int32(clamping: time / 1_000)) > 0
    }

    /// The messages that have arrived, at most about a thousand.
    public func receive() -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: Self.longestMessage)
        while messages.count < Self.batchSize {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count >= 0 else { break }
            messages.append(Array(buffer[..<count]))
        }
        return messages
    }
}

/// An IPv4 address and a port.
public struct DatagramAddress: Sendable, CustomStringConvertible {
    /// The address as a number.
    let host: UInt32
    /// The port.
    let port: UInt16

    /// This address and port.
    public init(host: UInt32, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// The address written as `127.0.0.1:4290`; `nil` for any other text.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0,
            case .v4(let host)? = IPAddress(Array(text[..<colon].utf8)[...])
        else { return nil }
        self.init(host: host, port: port)
    }

    /// Calls `body` with the address in the form that system calls take.
    func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = host.bigEndian
        return withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// The address as an operator writes it.
    public var description: String { "\(host >> 24).\(host >> 16 & 255).\(host >> 8 & 255).\(host & 255):\(port)" }
}

/// Why a socket cannot be used, in one line.
public struct DatagramError: Error, CustomStringConvertible {
    /// The address and the reason.
    public let description: String
}
