import Glibc

/// Where requests come from: the owner of a listening socket.
public final class Listener: Sendable {
    /// Where to listen, as an operator writes it.
    public enum Address: Sendable, Hashable, CustomStringConvertible {
        /// `unix:PATH`: a socket with this mode and, where it is named, group.
        case unix(path: String, mode: UInt32, group: String?)
        /// `HOST:PORT`, `[::1]:PORT`.
        case tcp(host: String, port: String)
        /// `fd:N`: a socket that the parent process opened, as mod_fcgid and spawn-fcgi do on descriptor 0.
        case descriptor(Int32)
        /// `systemd`: the socket that systemd passes to a unit with a `.socket`.
        case systemd
    }

    let descriptor: Int32
    /// The socket's file and its identity there, so that only our own is removed.
    private let file: (path: String, inode: UInt64)?

    /// Opens the socket.
    ///
    /// - Throws: ``ListenError`` in one line.
    public init(_ address: Address) throws(ListenError) {
        switch address {
        case .unix(let path, let mode, let group):
            descriptor = try Self.openUnix(path)
            do throws(ListenError) {
                try Self.restrict(path, mode, group)
            } catch {
                close(descriptor)
                unlink(path)
                throw error
            }
            var status = stat()
            stat(path, &status)
            file = (path, UInt64(status.st_ino))
        case .tcp(let host, let port):
            descriptor = try Self.openTCP(host, port)
            file = nil
        case .descriptor(let number):
            guard Self.isListening(number) else {
                throw ListenError("descriptor \(number) is no listening socket: listen on unix:PATH or HOST:PORT")
            }
            descriptor = number
            file = nil
        case .systemd:
            let processIdentifier = getenv("LISTEN_PID").flatMap { Int32(String(cString: $0)) }
            guard processIdentifier == getpid(), Self.isListening(3) else {
                throw ListenError("systemd passed no socket: start this unit by its .socket, or listen on unix:PATH")
            }
            descriptor = 3
            file = nil
        }
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        close(descriptor)
        guard let file else { return }
        var status = stat()
        if stat(file.path, &status) == 0, UInt64(status.st_ino) == file.inode { unlink(file.path) }
    }

    /// Whether the descriptor is a listening socket (`SO_ACCEPTCONN`).
    public static func isListening(_ descriptor: Int32) -> Bool {
        var answer: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &answer, &size) == 0 && answer != 0
    }

    private static func openUnix(_ path: String) throws(ListenError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else {
            throw ListenError("unix:\(path): the path is longer than \(room - 1) bytes: use a shorter one")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        func call(_ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ socket: Int32) -> Int32 {
            withUnsafePointer(to: address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { function(socket, $0, size) }
            }
        }

        // A socket file stays behind when its process dies. Whoever still listens there answers; then it is not ours.
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(probe) }
        if call(connect, probe) == 0 {
            throw ListenError("unix:\(path): a running process listens there: stop it, or listen elsewhere")
        }
        if errno == ECONNREFUSED {
            // So does a file that is no socket, and that one is not ours to remove.
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
                throw ListenError(
                    "unix:\(path): a file that is no socket stands there: remove it, or listen elsewhere")
            }
            unlink(path)
        }

        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        // Nobody else may connect before the mode is set: on Linux the file gets the mode of the socket that is bound to it.
        // The umask would do it too, but it is the whole process's.
        fchmod(descriptor, 0o600)
        let code = call(bind, descriptor)
        guard code == 0, listen(descriptor, 4_096) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw ListenError("unix:\(path): \(reason): create its folder, or listen elsewhere")
        }
        return descriptor
    }

    private static func restrict(_ path: String, _ mode: UInt32, _ group: String?) throws(ListenError) {
        if let group {
            guard let entry = getgrnam(group) else {
                throw ListenError("unix:\(path): there is no group \"\(group)\": name one of /etc/group")
            }
            guard chown(path, uid_t.max, entry.pointee.gr_gid) == 0 else {
                throw ListenError("unix:\(path): this user may not give the socket to group \"\(group)\"")
            }
        }
        guard chmod(path, mode) == 0 else {
            throw ListenError("unix:\(path): \(String(cString: strerror(errno)))")
        }
    }

    private static func openTCP(_ host: String, _ port: String) throws(ListenError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, port, &hints, &found)
        guard code == 0, let first = found?.pointee else {
            throw ListenError("\(host):\(port): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(first.ai_family, first.ai_socktype, first.ai_protocol)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, first.ai_addr, first.ai_addrlen) == 0, listen(descriptor, 4_096) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw ListenError("\(host):\(port): \(reason): stop what listens there, or listen elsewhere")
        }
        return descriptor
    }
}

extension Listener.Address {
    /// The address as an operator writes it.
    public var description: String {
        switch self {
        case .unix(let path, _, _): "unix:\(path)"
        case .tcp(let host, let port): "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .descriptor(let number): "fd:\(number)"
        case .systemd: "systemd"
        }
    }

    /// The address written in `text`: `unix:PATH`, `HOST:PORT`, `fd:N` or `systemd`.
    ///
    /// - Parameters:
    ///   - text: the address as an operator writes it.
    ///   - mode: a unix socket's mode.
    ///   - group: a unix socket's group; `nil` leaves the process's own.
    /// - Throws: ``ListenError`` that says what may be written.
    public init(_ text: String, mode: UInt32 = 0o660, group: String? = nil) throws(ListenError) {
        if text == "systemd" {
            self = .systemd
        } else if text.hasPrefix("unix:"), text.utf8.count > 5 {
            self = .unix(path: String(text.dropFirst(5)), mode: mode, group: group)
        } else if text.hasPrefix("fd:"), let number = Int32(text.dropFirst(3)), number >= 0 {
            self = .descriptor(number)
        } else if let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) {
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            self = .tcp(host: String(host), port: String(port))
        } else {
            throw ListenError("\"\(text)\" is not understood: write unix:PATH, HOST:PORT, fd:0 or systemd")
        }
    }
}

/// Why there is no socket to listen on: one line with its remedy.
public struct ListenError: Error, Equatable, CustomStringConvertible {
    /// What, where, and what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
