public import Foundation

/// The address of a server on this machine.
public enum ServerAddress: Sendable, Hashable {
    /// A port on 127.0.0.1.
    case tcp(port: Int)
    /// A Unix socket.
    case unix(path: String)

    /// Whether a server accepts connections at this address.
    public var accepts: Bool {
        let descriptor = makeSocket()
        defer { close(descriptor) }
        return withAddress { connect(descriptor, $0, $1) == 0 }
    }

    /// A new socket of the address's family that child processes do not inherit.
    public func makeSocket() -> Int32 {
        let family =
            switch self {
            case .tcp: AF_INET
            case .unix: AF_UNIX
            }
        return socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }

    /// Calls `body` with the address in the form of the socket calls.
    public func withAddress<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        switch self {
        case .tcp(let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
            return withBytes(of: &address, body)
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
            return withBytes(of: &address, body)
        }
    }

    private func withBytes<Address, Value>(
        of address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
    ) -> Value {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}
