import CLinux
import Foundation
import Synchronization

/// A relay to a server that delays the server's answers.
public final class LongWire: Sendable {
    /// The socket for clients.
    public var socket: String { folder.path("wire.sock") }

    private let folder: TemporaryFolder
    private let listener: Int32
    private let delay = Delay()

    private final class Delay: Sendable {
        let milliseconds = Atomic<UInt32>(0)
    }

    /// Starts the relay without a delay.
    ///
    /// - Parameter server: the server's address.
    /// - Throws: ``ServerError`` when it cannot listen.
    public init(to server: ServerAddress) throws {
        folder = try TemporaryFolder()
        let address = ServerAddress.unix(path: folder.path("wire.sock"))
        listener = address.makeSocket()
        guard address.withAddress({ bind(listener, $0, $1) }) == 0, listen(listener, 100) == 0 else {
            throw ServerError("cannot listen on \(address): \(String(cString: strerror(errno)))")
        }
        Thread.detachNewThread { [listener, delay] in
            while true {
                let client = accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
                guard client >= 0 else { return }
                let far = server.makeSocket()
                _ = server.withAddress { connect(far, $0, $1) }
                Thread.detachNewThread { Self.carry(from: client, to: far) {} }
                Thread.detachNewThread {
                    Self.carry(from: far, to: client) { usleep(1_000 * delay.milliseconds.load(ordering: .acquiring)) }
                    close(client)
                    close(far)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// The delay of every further answer, in milliseconds.
    public var milliseconds: UInt32 {
        get { delay.milliseconds.load(ordering: .acquiring) }
        set { delay.milliseconds.store(newValue, ordering: .releasing) }
    }

    /// Copies bytes until one end is closed, calling `wait` before each piece.
    private static func carry(from source: Int32, to target: Int32, _ wait: () -> Void) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            wait()
            guard send(target, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(target, Int32(SHUT_RDWR))
    }
}
