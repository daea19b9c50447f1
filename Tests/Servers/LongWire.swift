import CLinux
import Foundation
import Synchronization

/// A relay to a server that delays the server's answers, and may change what clients send.
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
    /// - Parameters:
    ///   - server: the server's address.
    ///   - change: a text that clients send, and one of the same length to send instead; `nil` for no change.
    /// - Throws: ``ServerError`` when it cannot listen.
    public init(to server: ServerAddress, changing change: (from: String, to: String)? = nil) throws {
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
                Thread.detachNewThread { Self.carry(from: client, to: far) { Self.change(&$0, change) } }
                Thread.detachNewThread {
                    Self.carry(from: far, to: client) { _ in
                        usleep(1_000 * delay.milliseconds.load(ordering: .acquiring))
                    }
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

    private static func change(_ piece: inout [UInt8], _ change: (from: String, to: String)?) {
        guard let change, let range = piece.firstRange(of: Array(change.from.utf8)) else { return }
        piece.replaceSubrange(range, with: change.to.utf8)
    }

    /// Copies bytes until one end is closed, calling `treat` with each piece before it is sent on.
    private static func carry(from source: Int32, to target: Int32, _ treat: (inout [UInt8]) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            treat(&buffer)
            guard send(target, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(target, Int32(SHUT_RDWR))
    }
}
