import Foundation

/// A private PHP-FPM on a Unix socket.
public final class PHPFPM: Sendable {
    /// The socket's path.
    public var socket: String { folder.path("php.sock") }

    private let folder: TemporaryFolder
    private let process: ServerProcess

    /// Starts the server.
    ///
    /// - Throws: ``ServerError`` when it is not installed, or does not start.
    public init() throws {
        folder = try TemporaryFolder()
        // Used only when root starts PHP-FPM.
        let user = geteuid() == 0 ? "user = www-data\ngroup = www-data\n" : ""
        let configuration = """
            [global]
            daemonize = no
            error_log = /dev/stderr
            [site]
            \(user)listen = \(folder.path("php.sock"))
            listen.mode = 0666
            pm = static
            pm.max_children = 2
            php_admin_flag[expose_php] = off

            """
        let address = ServerAddress.unix(path: folder.path("php.sock"))
        process = try ServerProcess(
            Self.program(), ["-F", "-n", "-y", folder.write(configuration, to: "php-fpm.conf")], in: folder,
            whenOrphaned: .terminate
        ) { address.accepts }
    }

    /// Debian's program has the version in its name, such as php-fpm8.2.
    private static func program() throws -> Program {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/sbin")) ?? []
        return try Program(names.filter { $0.hasPrefix("php-fpm") }.max() ?? "php-fpm", package: "php-fpm")
    }
}
