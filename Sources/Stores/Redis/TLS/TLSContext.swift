import COpenSSL
import Glibc

/// What connections are made with: the owner of an `SSL_CTX`.
///
/// A connection reads its files again, so that renewed certificates need no restart.
final class TLSContext {
    let context: OpaquePointer

    /// Reads the files of the settings.
    ///
    /// - Throws: ``StoreError`` of kind `.misconfigured` that names the file that cannot be used.
    init(_ settings: TLSSettings) throws(StoreError) {
        ERR_clear_error()
        guard let made = SSL_CTX_new(TLS_client_method()) else {
            throw StoreError(.unreachable, "OpenSSL cannot be used: no memory")
        }
        context = made
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        // Without this, OpenSSL asks for the passphrase of a key on the terminal.
        SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in 0 }

        if let path = settings.authorities {
            try Self.expect(SSL_CTX_load_verify_locations(context, path, nil), path, "certificate", "ca")
        } else {
            SSL_CTX_set_default_verify_paths(context)
        }
        guard let path = settings.certificate else { return }
        let key = settings.key ?? path
        try Self.expect(
            SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM), key, "private key without a passphrase", "key")
        try Self.expect(SSL_CTX_use_certificate_chain_file(context, path), path, "certificate", "cert")
        guard SSL_CTX_check_private_key(context) == 1 else {
            throw StoreError(
                .misconfigured,
                "\(key): not the private key of the certificate in \(path): name the certificate's key with key=")
        }
    }

    deinit {
        SSL_CTX_free(context)
    }

    private static func expect(
        _ result: Int32, _ path: String, _ content: String, _ name: String
    ) throws(StoreError) {
        guard result != 1 else { return }
        let reason = access(path, R_OK) == 0 ? "no \(content) in it" : String(cString: strerror(errno))
        throw StoreError(
            .misconfigured, "\(path): \(reason): name a readable PEM file with a \(content), with \(name)=")
    }
}
