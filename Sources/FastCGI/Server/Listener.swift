import Glibc

/// The owner of a listening socket.
public final class Listener: Sendable {
    let descriptor: Int32
    /// The socket's file, and its inode, so that another process's socket at the same path is not removed.
    private let file: (path: String, inode: UInt64)?

    /// Opens the socket.
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
                throw ListenError("descriptor \(number) is not a listening socket: listen on unix:PATH or HOST:PORT")
            }
            descriptor = number
            file = nil
        case .systemd:
            let processIdentifier = getenv("LISTEN_PID").flatMap { Int32(String(cString: $0)) }
            guard processIdentifier == getpid(), Self.isListening(3) else {
                throw ListenError("systemd passed no socket: start the unit by its .socket, or listen on unix:PATH")
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
        let address = try SocketAddress(unix: path)
        // A process that dies leaves its socket file, which refuses connections. One that accepts belongs to a live process.
        let probe = address.makeSocket()
        defer { close(probe) }
        if address.call(connect, probe) == 0 {
            throw ListenError("unix:\(path): another process listens on this socket: stop it, or listen elsewhere")
        }
        if errno == ECONNREFUSED {
            // Other files refuse connections too, and must not be removed.
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
                throw ListenError(
                    "unix:\(path): this file is not a socket: remove it, or listen elsewhere")
            }
            unlink(path)
        }

        let descriptor = address.makeSocket()
        // Nobody else may connect before the mode is set. On Linux the file gets the mode of the socket that is bound to it;
        // the umask would do too, but it belongs to the whole process.
        fchmod(descriptor, 0o600)
        let code = address.call(bind, descriptor)
        guard code == 0, listen(descriptor, 4_096) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw ListenError("unix:\(path): \(reason): create the folder, or listen elsewhere")
        }
        return descriptor
    }

    private static func restrict(_ path: String, _ mode: UInt32, _ group: String?) throws(ListenError) {
        if let group {
            guard let entry = getgrnam(group) else {
                throw ListenError("unix:\(path): no group is named \"\(group)\": name one of /etc/group")
            }
            guard chown(path, uid_t.max, entry.pointee.gr_gid) == 0 else {
                throw ListenError(
                    "unix:\(path): this user may not give the socket to group \"\(group)\": name one of the user's groups"
                )
            }
        }
        guard chmod(path, mode) == 0 else {
            throw ListenError("unix:\(path): \(String(cString: strerror(errno)))")
        }
    }

    private static func openTCP(_ host: String, _ port: String) throws(ListenError) -> Int32 {
        let address = try SocketAddress(host: host, port: port)
        let descriptor = address.makeSocket()
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard address.call(bind, descriptor) == 0, listen(descriptor, 4_096) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw ListenError("\(host):\(port): \(reason): stop the process that listens there, or listen elsewhere")
        }
        return descriptor
    }
}
