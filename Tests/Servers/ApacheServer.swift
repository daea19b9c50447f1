import Foundation

/// A private Apache.
public final class ApacheServer: Sendable {
    /// The server's port on 127.0.0.1.
    public let port: Int

    private let folder: TemporaryFolder
    private let companions: [any Sendable]
    private let process: ServerProcess

    /// Starts the server.
    ///
    /// - Parameters:
    ///   - template: the configuration; `@folder@`, `@port@`, `@program@` and `@apache@` are filled in.
    ///   - values: values of further names in the template.
    ///   - files: files to write into its folder first.
    ///   - companions: objects that must live as long as the server.
    /// - Throws: ``ServerError`` when Apache, mod_fcgid or lua-socket is not installed, or it does not start.
    public convenience init(
        _ template: Template, _ values: [String: String] = [:], files: [String: String] = [:],
        companions: [any Sendable] = []
    ) throws {
        do {
            try self.init(template, values, files, companions, port: FreePort().number)
        } catch let error as ServerError where error.description.contains("Address already in use") {
            // Another process took the port in the meantime.
            try self.init(template, values, files, companions, port: FreePort().number)
        }
    }

    private init(
        _ template: Template, _ values: [String: String], _ files: [String: String], _ companions: [any Sendable],
        port: Int
    ) throws {
        let program = try Program("apache2", package: "apache2")
        guard access("/usr/lib/apache2/modules/mod_fcgid.so", R_OK) == 0 else {
            throw ServerError("mod_fcgid is missing: apt-get install libapache2-mod-fcgid")
        }
        guard access("/usr/share/lua/5.3/socket.lua", R_OK) == 0 else {
            throw ServerError("lua-socket is missing: apt-get install lua-socket")
        }
        self.port = port
        self.companions = companions
        let folder = try TemporaryFolder()
        self.folder = folder
        for name in ["fcgid", "state", "site"] {
            mkdir(folder.path(name), 0o777)
            // Independent of the umask, because Apache drops root.
            chmod(folder.path(name), 0o777)
        }
        try folder.write(files)
        // Apache's user may not be able to enter the folder of the build.
        for name in ["fcgi-limiter", "fcgi-limiter-dashboard"] {
            let built = try Program(built: name)
            if link(built.path, folder.path(name)) != 0 { _ = try built.copy(to: folder.path(name)) }
        }
        let own = [
            "folder": folder.path, "port": "\(port)", "program": folder.path("fcgi-limiter"),
            "apache": Template.path("apache"),
        ]
        try folder.write(template.filled(values.merging(own) { $1 }), to: "httpd.conf")

        let address = ServerAddress.tcp(port: port)
        process = try ServerProcess(
            program, ["-DFOREGROUND", "-f", folder.path("httpd.conf")], in: folder, whenOrphaned: .terminate
        ) {
            // The pid file exists once the server has the port, so that no other server is mistaken for it.
            access(folder.path("httpd.pid"), R_OK) == 0 && address.accepts
        }
    }

    /// The limiter processes that Apache started.
    public var limiters: [Int32] {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
        return numbers.filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/exe"))
                == folder.path("fcgi-limiter")
        }
    }

    /// The log of Apache and the limiters.
    public var logText: String { process.logText }
}
