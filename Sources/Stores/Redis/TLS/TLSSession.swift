import COpenSSL
import Synchronization

/// What spares a reconnect most of the handshake: the owner of an `SSL_SESSION`.
final class TLSSession: @unchecked Sendable {
    // @unchecked: OpenSSL counts references by atomic operations, and no one changes a session.
    private let session: OpaquePointer

    /// Whose session it is.
    struct Name: Hashable {
        let settings: TLSSettings
        let host: String
        let port: Int
    }

    private static let sessions = Mutex<[Name: TLSSession]>([:])

    private init(_ session: OpaquePointer) {
        self.session = session
    }

    deinit {
        SSL_SESSION_free(session)
    }

    /// The latest session with a server; `nil` if there is none.
    static func latest(_ name: Name) -> TLSSession? {
        sessions.withLock { $0[name] }
    }

    /// Asks the server to resume the session.
    func use(in ssl: OpaquePointer) {
        SSL_set_session(ssl, session)
    }

    /// Keeps the session of a connection that ends.
    static func keep(of ssl: OpaquePointer, for name: Name) {
        // Otherwise OpenSSL does not resume sessions whose connections broke.
        SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        guard let made = SSL_get1_session(ssl).map({ TLSSession($0) }), SSL_SESSION_is_resumable(made.session) == 1
        else {
            return
        }
        sessions.withLock { $0[name] = made }
    }

    /// Forgets the session with a server.
    static func forget(_ name: Name) {
        sessions.withLock { $0[name] = nil }
    }
}
