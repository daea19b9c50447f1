import Foundation

/// A configuration with names in `@...@` for values that depend on the machine.
public struct Template: Sendable {
    /// The text, including the names.
    public let text: String

    /// Creates a template from a text.
    public init(text: String) {
        self.text = text
    }

    /// An nginx configuration with this text between the braces of `http`.
    ///
    /// nginx writes to its folder only. Started by root, it changes to the user that Debian's configuration names.
    public init(http: String) {
        text = """
            daemon off;
            pid @folder@/nginx.pid;
            error_log stderr warn;
            events {}
            \(geteuid() == 0 ? "user www-data;" : "")
            http {
                access_log off;
                client_body_temp_path @folder@/client_body;
                proxy_temp_path @folder@/proxy;
                fastcgi_temp_path @folder@/fastcgi;
                uwsgi_temp_path @folder@/uwsgi;
                scgi_temp_path @folder@/scgi;
                \(http)
            }
            """
    }

    /// A file of this package, for example `nginx/example.conf`.
    ///
    /// - Throws: an error of `String` when there is no such file.
    public init(file: String) throws {
        text = try String(contentsOfFile: Self.path(file), encoding: .utf8)
    }

    /// The absolute path of a file or folder of this package.
    public static func path(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../\(name)").standardizedFileURL.path
    }

    /// The text with the names replaced by their values.
    ///
    /// - Throws: ``ServerError`` when a name has no value.
    func filled(_ values: [String: String]) throws -> String {
        let text = values.reduce(text) { $0.replacing("@\($1.key)@", with: $1.value) }
        if let name = text.firstMatch(of: /@[a-z]+@/) { throw ServerError("\(name.output) has no value") }
        return text
    }
}
