import COpenSSL

/// The TLS layer of one connection: the owner of an `SSL`.
///
/// The layer touches no socket. What has arrived goes in by ``receive(_:_:)`` and comes out decrypted by ``read(into:)``; what
/// ``write(_:)`` encrypts comes out by ``takeUnsent()``. Nothing that has arrived is ever left inside.
final class TLSChannel {
    let ssl: OpaquePointer
    private let received: OpaquePointer
    private let unsent: OpaquePointer
    /// The words for what may fail.
    let failures: TLSFailure
    private let session: TLSSession.Name

    /// A channel that has not begun its handshake.
    ///
    /// The host is verified, and named to the server (SNI) unless it is an IP address.
    ///
    /// - Throws: ``StoreError`` of kind `.misconfigured` if a file of the settings cannot be used.
    init(_ settings: TLSSettings, host: String, port: Int, location: String) throws(StoreError) {
        let context = try TLSContext(settings)
        guard let ssl = SSL_new(context.context), let received = BIO_new(BIO_s_mem()), let unsent = BIO_new(BIO_s_mem())
        else { throw StoreError(.unreachable, "\(location): no memory for a connection") }
        self.ssl = ssl
        self.received = received
        self.unsent = unsent
        let name = settings.serverName ?? host
        failures = TLSFailure(settings, host: name, location: location)
        session = TLSSession.Name(settings: settings, host: host, port: port)

        SSL_set_bio(ssl, received, unsent)
        SSL_set_connect_state(ssl)
        if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) != 1 {
            SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            SSL_set1_host(ssl, name)
            _ = name.withCString {
                SSL_ctrl(
                    ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name),
                    UnsafeMutablePointer(mutating: $0))
            }
        }
        TLSSession.latest(session)?.use(in: ssl)
    }

    deinit {
        if isConnected { TLSSession.keep(of: ssl, for: session) }
        SSL_free(ssl)
    }

    /// Whether the handshake is done.
    var isConnected: Bool { SSL_is_init_finished(ssl) == 1 }

    /// Takes the first `count` bytes, which have arrived from the server.
    func receive(_ bytes: [UInt8], _ count: Int) {
        BIO_write(received, bytes, Int32(count))
    }

    /// Continues the handshake, and then decrypts what has arrived.
    ///
    /// - Returns: the number of bytes; 0 if there are no more until the server sends some.
    /// - Throws: ``StoreError`` if either side refuses the other.
    func read(into buffer: inout [UInt8]) throws(StoreError) -> Int {
        ERR_clear_error()
        let count = SSL_read(ssl, &buffer, Int32(buffer.count))
        if count > 0 { return Int(count) }
        let reason = SSL_get_error(ssl, count)
        guard reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_ZERO_RETURN else { throw failure() }
        return 0
    }

    /// Encrypts bytes.
    func write(_ bytes: [UInt8]) throws(StoreError) {
        guard !bytes.isEmpty else { return }
        ERR_clear_error()
        guard SSL_write(ssl, bytes, Int32(bytes.count)) > 0 else { throw failure() }
    }

    /// The bytes to send to the server next.
    func takeUnsent() -> [UInt8] {
        let count = BIO_ctrl_pending(unsent)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = count == 0 ? 0 : max(0, Int(BIO_read(unsent, buffer.baseAddress, Int32(count))))
        }
    }

    private func failure() -> StoreError {
        // The session may be the reason.
        TLSSession.forget(session)
        return failures.error(verification: Int32(SSL_get_verify_result(ssl)), code: ERR_peek_error())
    }
}
