import COpenSSL

/// Why a TLS connection failed, in words with a remedy.
struct TLSFailure {
    private let settings: TLSSettings
    private let host: String
    private let location: String

    /// The failures of connections to a server.
    init(_ settings: TLSSettings, host: String, location: String) {
        self.settings = settings
        self.host = host
        self.location = location
    }

    /// The error of a server that has closed the connection, or said nothing, instead of answering the handshake.
    func unanswered(_ kind: StoreError.Kind) -> StoreError {
        error(kind, "no answer to the TLS handshake: write redis:// if the server has no TLS at this port")
    }

    /// The error that OpenSSL means.
    ///
    /// - Parameters:
    ///   - verification: the result of verifying the server's certificate (`X509_V_ERR_…`).
    ///   - code: the error in OpenSSL's queue, for example an alert of the server (`SSL_R_…`).
    /// - Returns: the error, which says what to do.
    func error(verification: Int32, code: UInt) -> StoreError {
        switch verification {
        case X509_V_OK: error(code)
        case X509_V_ERR_CERT_HAS_EXPIRED:
            error(.refused, "the server's certificate has expired: renew the certificate")
        case X509_V_ERR_CERT_NOT_YET_VALID:
            error(.refused, "the server's certificate is not valid yet: compare the clocks of both machines")
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            error(
                .misconfigured,
                "the server's certificate is not for \(host): connect to a name in the certificate, or write "
                    + "server_name=NAME")
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
            X509_V_ERR_CERT_SIGNATURE_FAILURE:
            error(
                .misconfigured,
                "no authority in \(settings.authorities ?? "this system") has issued the server's certificate: "
                    + "name the authority's file with ca=PATH")
        default:
            error(
                .misconfigured,
                "the server's certificate is not accepted: "
                    + String(cString: X509_verify_cert_error_string(Int(verification))))
        }
    }

    private func error(_ code: UInt) -> StoreError {
        // For example `tlsv1 alert unknown ca`.
        let words = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
        return switch ERR_GET_REASON(code) {
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            error(.misconfigured, "the server demands a client certificate: write cert=PATH&key=PATH")
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
            SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN,
            SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, SSL_R_TLSV1_ALERT_DECRYPT_ERROR, SSL_R_TLSV1_ALERT_ACCESS_DENIED:
            error(
                .misconfigured,
                "the server refuses the certificate in \(settings.certificate ?? "no file") (\(words)): "
                    + "name one with cert= that the server's authority has issued")
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_PACKET_LENGTH_TOO_LONG:
            error(.misconfigured, "no TLS at this port: write redis:// or the server's tls-port")
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
            error(.misconfigured, "the server offers no TLS version from 1.2 on: allow one there")
        default: error(.unreachable, "TLS failed: \(words)")
        }
    }

    private func error(_ kind: StoreError.Kind, _ text: String) -> StoreError {
        StoreError(kind, "\(location): \(text)")
    }
}
