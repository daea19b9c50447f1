import Foundation
import Servers
import Synchronization

/// A Unix socket in front of PostgreSQL that can drop answers: the statement is carried out, but the client does not learn it.
final class LossyRelay: Sendable {
    /// The folder of its socket, for `host=`.
    var host: String { folder.path }

    private let folder: TemporaryFolder
    private let target: String
    private let listener: Int32
    private let losses = Atomic<Int>(0)

    /// The number of answers that were dropped.
    let lost = Atomic<Int>(0)

    /// A relay to the server, whose socket is the one of port 5432.
    init(_ server: PostgresServer) throws {
        folder = try TemporaryFolder()
        target = server.host + "/.s.PGSQL.5432"
        let address = ServerAddress.unix(path: folder.path(".s.PGSQL.5432"))
        let listener = address.makeSocket()
        self.listener = listener
        guard address.withAddress({ bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else {
            throw Failure(code: errno)
        }
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                Thread.detachNewThread { [self] in relay(client) }
            }
        }
    }

    struct Failure: Error {
        let code: Int32
    }

    /// Drops the answers to the next `count` statements that write.
    func lose(_ count: Int) {
        losses.store(count, ordering: .releasing)
    }

    /// Accepts no further connections.
    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func relay(_ client: Int32) {
        let address = ServerAddress.unix(path: target)
        let server = address.makeSocket()
        defer {
            Foundation.close(client)
            Foundation.close(server)
        }
        guard address.withAddress({ connect(server, $0, $1) }) == 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var losesNext = false
        while true {
            var ends = [
                pollfd(fd: client, events: Int16(POLLIN), revents: 0),
                pollfd(fd: server, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&ends, 2, -1) > 0 else { return }
            if ends[0].revents != 0 {
                let count = read(client, &buffer, buffer.count)
                guard count > 0, writeAll(server, buffer[..<count]) else { return }
                if Data(buffer[..<count]).range(of: Data("limiter.write".utf8)) != nil,
                    losses.load(ordering: .acquiring) > 0
                {
                    losses.subtract(1, ordering: .acquiringAndReleasing)
                    losesNext = true
                }
            }
            if ends[1].revents != 0 {
                let count = read(server, &buffer, buffer.count)
                guard count > 0 else { return }
                guard !losesNext else {
                    lost.add(1, ordering: .acquiringAndReleasing)
                    return
                }
                guard writeAll(client, buffer[..<count]) else { return }
            }
        }
    }

    private func writeAll(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
