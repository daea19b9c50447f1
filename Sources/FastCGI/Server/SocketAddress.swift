import Glibc

/// The address of a socket, as `bind` and `connect` take it.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private let size: socklen_t

    /// The address of a Unix socket.
    ///
    /// - Throws: ``ListenError`` when the path is too long.
    init(unix path: String) throws(ListenError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else {
            throw ListenError("unix:\(path): the path is longer than \(room - 1) bytes: use a shorter one")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        size = socklen_t(MemoryLayout<sockaddr_un>.size)
        withUnsafeMutableBytes(of: &storage) { storage in
            withUnsafeBytes(of: address) { storage.copyMemory(from: $0) }
        }
    }

    /// The first address of a host (`getaddrinfo`).
    ///
    /// - Throws: ``ListenError`` when the name is unknown.
    init(host: String, port: String) throws(ListenError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, port, &hints, &found)
        guard code == 0, let first = found?.pointee else {
            throw ListenError("\(host):\(port): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(found) }
        size = first.ai_addrlen
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: first.ai_addr, count: Int(first.ai_addrlen)))
        }
    }

    /// A new socket of the address's family; the caller closes it.
    func makeSocket() -> Int32 { socket(Int32(storage.ss_family), Int32(SOCK_STREAM.rawValue), 0) }

    /// The result of `bind` or `connect` with this address.
    func call(_ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ descriptor: Int32) -> Int32 {
        withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { function(descriptor, $0, size) }
        }
    }
}
