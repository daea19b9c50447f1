import Foundation

/// A certificate authority of its own, and the files of the certificates that it issues.
public final class Certificates: Sendable {
    /// What is in a certificate.
    public struct Certificate: Sendable {
        /// The file with the certificate.
        public let path: String
        /// The file with its private key.
        public let key: String
    }

    private let folder: TemporaryFolder
    private let openssl: Program

    /// The authority's own certificate.
    public var authority: String { folder.path("authority.crt") }

    /// Creates an authority.
    ///
    /// - Throws: ``ServerError`` when openssl is not installed.
    public init() throws {
        folder = try TemporaryFolder()
        openssl = try Program("openssl", package: "openssl")
        try run(
            ["req", "-x509", "-keyout", folder.path("authority.key"), "-out", authority, "-subj", "/CN=Test authority"]
                + Self.newKey)
    }

    /// Issues a certificate.
    ///
    /// - Parameters:
    ///   - names: the subject's names, such as `DNS:localhost,IP:127.0.0.1`.
    ///   - days: the days from now until the certificate expires.
    /// - Returns: the certificate.
    /// - Throws: ``ServerError`` with the words of openssl.
    public func issue(for names: String = "DNS:localhost,IP:127.0.0.1", days: Int = 1) throws -> Certificate {
        let name = UUID().uuidString
        let (path, key, request) = (folder.path(name + ".crt"), folder.path(name + ".key"), folder.path(name + ".csr"))
        try folder.write("subjectAltName=\(names)\n", to: name + ".ext")
        try run(["req", "-new", "-keyout", key, "-out", request, "-subj", "/CN=Test"] + Self.newKey)
        try run([
            "x509", "-req", "-in", request, "-out", path, "-days", "\(days)", "-extfile", folder.path(name + ".ext"),
            "-CA", authority, "-CAkey", folder.path("authority.key"), "-set_serial", "\(Int.random(in: 1...(.max)))",
        ])
        return Certificate(path: path, key: key)
    }

    /// The lines of `redis.conf` with which a server speaks TLS on a port.
    ///
    /// - Parameters:
    ///   - port: the port.
    ///   - certificate: the server's certificate.
    ///   - clients: whether clients need a certificate of this authority: `yes`, `no` or `optional`.
    /// - Returns: the lines.
    public func options(port: FreePort, _ certificate: Certificate, clients: String = "no") -> [String] {
        [
            "tls-port \(port.number)", "tls-cert-file \(certificate.path)", "tls-key-file \(certificate.key)",
            "tls-ca-cert-file \(authority)", "tls-auth-clients \(clients)",
        ]
    }

    /// The lines with which a server speaks TLS on its only port, and to other servers.
    public func options(only port: FreePort, _ certificate: Certificate?) -> [String] {
        guard let certificate else { return [] }
        return ["port 0", "tls-cluster yes", "tls-replication yes"] + options(port: port, certificate)
    }

    /// What follows the address of a store whose servers have certificates of this authority.
    public var query: String { "?ca=\(authority)" }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    private func run(_ arguments: [String]) throws {
        let outcome = try openssl.run(arguments)
        guard outcome.status == 0 else { throw ServerError("openssl: \(outcome.errors)") }
    }
}
