/// How servers are verified over TLS, and what a client shows them.
struct TLSSettings: Sendable, Hashable {
    /// The file with the certificates of trusted authorities; `nil` for those of the system.
    var authorities: String?
    /// The file with the certificate that a server may demand of its clients; `nil` if there is none.
    var certificate: String?
    /// The file with the certificate's private key; `nil` if it is in the certificate's file.
    var key: String?
    /// The name that every server's certificate must have; `nil` for the host that is connected to.
    var serverName: String?
}
