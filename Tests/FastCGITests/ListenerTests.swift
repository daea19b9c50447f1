import Glibc
import Servers
import Testing

@testable import FastCGI

@Suite("Listening sockets: created, replaced, left alone and removed")
struct ListenerTests {
    @Test("a socket has the given mode", arguments: [0o600, 0o660, 0o666, 0o777] as [UInt32])
    func mode(mode: UInt32) throws {
        let folder = try TemporaryFolder()
        let listener = try Listener(.unix(path: folder.path("a.sock"), mode: mode, group: nil))
        let status = try status(of: folder.path("a.sock"))
        #expect(status.st_mode & 0o7777 == mode)
        #expect(status.st_mode & S_IFMT == S_IFSOCK)
        withExtendedLifetime(listener) {}
    }

    @Test("a socket has the given group")
    func group() throws {
        let folder = try TemporaryFolder()
        // Root may give a socket to any group, other users to one of their own.
        let number = getegid() == 0 ? 1 : getegid()
        let name = String(cString: try #require(getgrgid(number)).pointee.gr_name)
        let listener = try Listener(.unix(path: folder.path("a.sock"), mode: 0o660, group: name))
        #expect(try status(of: folder.path("a.sock")).st_gid == number)
        withExtendedLifetime(listener) {}
    }

    @Test("the socket of a dead process is replaced")
    func stale() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.sock")
        let dead = try bind(path)
        close(dead)
        #expect(access(path, F_OK) == 0)
        let listener = try Listener(.unix(path: path, mode: 0o600, group: nil))
        try expectServes(listener) { try Peer(path) }
    }

    @Test("a socket that a process listens on is an error, and still belongs to that process")
    func live() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.sock")
        let first = try Listener(.unix(path: path, mode: 0o600, group: nil))
        expectError("unix:\(path): another process listens on this socket: stop it, or listen elsewhere") {
            try Listener(.unix(path: path, mode: 0o600, group: nil))
        }
        try expectServes(first) { try Peer(path) }
    }

    @Test("a file that is not a socket is left alone")
    func otherFile() throws {
        let folder = try TemporaryFolder()
        try folder.write("precious", to: "notes.txt")
        let path = folder.path("notes.txt")
        expectError("unix:\(path): this file is not a socket: remove it, or listen elsewhere") {
            try Listener(.unix(path: path, mode: 0o600, group: nil))
        }
        #expect(folder.text(of: "notes.txt") == "precious")
        symlink(path, folder.path("link"))
        expectError(
            "unix:\(folder.path("link")): this file is not a socket: remove it, or listen elsewhere"
        ) {
            try Listener(.unix(path: folder.path("link"), mode: 0o600, group: nil))
        }
        #expect(folder.text(of: "notes.txt") == "precious")
    }

    @Test("a path that is too long for a socket is an error")
    func longPath() throws {
        let folder = try TemporaryFolder()
        let room = 107 - folder.path.utf8.count - 1
        let longest = folder.path(String(repeating: "s", count: room))
        let listener = try Listener(.unix(path: longest, mode: 0o600, group: nil))
        try expectServes(listener) { try Peer(longest) }

        expectError("unix:\(longest)s: the path is longer than 107 bytes: use a shorter one") {
            try Listener(.unix(path: longest + "s", mode: 0o600, group: nil))
        }
    }

    @Test("a missing folder is an error")
    func noFolder() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("missing/a.sock")
        expectError("unix:\(path): No such file or directory: create the folder, or listen elsewhere") {
            try Listener(.unix(path: path, mode: 0o600, group: nil))
        }
    }

    @Test("an unknown group is an error, and leaves no socket")
    func badGroup() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.sock")
        expectError("unix:\(path): no group is named \"no such group\": name one of /etc/group") {
            try Listener(.unix(path: path, mode: 0o600, group: "no such group"))
        }
        #expect(access(path, F_OK) != 0)
        let listener = try Listener(.unix(path: path, mode: 0o600, group: nil))
        try expectServes(listener) { try Peer(path) }
    }

    @Test("a listener removes its socket")
    func removed() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.sock")
        do {
            let listener = try Listener(.unix(path: path, mode: 0o600, group: nil))
            #expect(access(path, F_OK) == 0)
            withExtendedLifetime(listener) {}
        }
        #expect(access(path, F_OK) != 0)
    }

    @Test("a listener leaves another one's socket at its path alone")
    func notRemoved() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.sock")
        var first: Listener? = try Listener(.unix(path: path, mode: 0o600, group: nil))
        unlink(path)
        // The first one still exists, so the file system cannot give its inode to the second.
        let second = try Listener(.unix(path: path, mode: 0o600, group: nil))
        withExtendedLifetime(first) {}
        first = nil
        try expectServes(second) { try Peer(path) }
    }

    @Test("a port of IPv4")
    func tcp() throws {
        let listener = try Listener(.tcp(host: "127.0.0.1", port: "0"))
        let port = try port(of: listener)
        try expectServes(listener) { try Peer(.tcp(port: port)) }
    }

    @Test("a port of IPv6")
    func tcp6() throws {
        let listener = try Listener(Listener.Address("[::1]:0"))
        let port = try port(of: listener)
        try expectServes(listener) { try Peer(port6: port) }
    }

    @Test("a port that is in use is an error")
    func takenPort() throws {
        let listener = try Listener(.tcp(host: "127.0.0.1", port: "0"))
        let port = try port(of: listener)
        expectError(
            "127.0.0.1:\(port): Address already in use: stop the process that listens there, or listen elsewhere"
        ) {
            try Listener(.tcp(host: "127.0.0.1", port: "\(port)"))
        }
        withExtendedLifetime(listener) {}
    }

    @Test("an unknown host is an error")
    func badHost() {
        // Not a valid name, so that no name server is asked.
        expectError("1.2.3.4.5:80: Name or service not known") {
            try Listener(.tcp(host: "1.2.3.4.5", port: "80"))
        }
    }

    @Test("a descriptor that the parent process opened")
    func descriptor() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.sock")
        let number = try bind(path)
        listen(number, 16)
        let listener = try Listener(Listener.Address("fd:\(number)"))
        try expectServes(listener) { try Peer(path) }
        // The file belongs to the parent process, and stays.
        #expect(access(path, F_OK) == 0)
    }

    @Test("a descriptor that is not a listening socket is an error")
    func badDescriptor() throws {
        let folder = try TemporaryFolder()
        let file = open(try folder.write("", to: "file"), O_RDONLY)
        let unready = try bind(folder.path("a.sock"))
        defer {
            close(file)
            close(unready)
        }
        for number in [file, unready, 1_000_000] {
            expectError("descriptor \(number) is not a listening socket: listen on unix:PATH or HOST:PORT") {
                try Listener(.descriptor(number))
            }
        }
    }

    @Test("a missing socket from systemd is an error")
    func noSystemd() {
        expectError("systemd passed no socket: start the unit by its .socket, or listen on unix:PATH") {
            try Listener(.systemd)
        }
    }

    // MARK: -

    private func expectError(_ line: String, _ open: () throws -> Listener) {
        #expect { _ = try open() } throws: { error in
            (error as? ListenError)?.description == line
        }
    }

    /// Checks that a server on the listener answers.
    private func expectServes(_ listener: Listener, _ connect: () throws -> Peer) throws {
        let server = Server(listener, loops: 1, report: { _ in }, makeApplication: { _ in Fixed() })
        server.start()
        defer { server.stop() }
        #expect(try connect().ask(Records.request()).text == "served")
    }

    private final class Fixed: Application {
        func respond(to requests: [Request]) -> [Response] {
            requests.map { _ in Response(status: 200, reason: "OK", body: Array("served".utf8)) }
        }
    }

    private func status(of path: String) throws -> stat {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status
    }

    /// A socket that is bound to the path and does not listen yet.
    private func bind(_ path: String) throws -> Int32 {
        let address = ServerAddress.unix(path: path)
        let descriptor = address.makeSocket()
        try #require(address.withAddress { Glibc.bind(descriptor, $0, $1) } == 0)
        return descriptor
    }

    private func port(of listener: Listener) throws -> Int {
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener.descriptor, $0, &size) }
        }
        try #require(code == 0)
        // The port has the same offset in both families.
        return Int(UInt16(bigEndian: address.sin6_port))
    }
}
