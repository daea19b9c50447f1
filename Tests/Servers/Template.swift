import Foundation

/// A configuration of this package, in which names in `@...@` stand for what differs from machine to machine.
public struct Template: Sendable {
    /// The text, names and all.
    public let text: String

    /// A text.
    public init(text: String) {
        self.text = text
    }

    /// A configuration of nginx with this between the braces of `http`; what nginx writes stays in its folder.
    public init(http: String) {
        text = """
            daemon off;
            pid @folder@/nginx.pid;
            error_log stderr warn;
            events {}
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
    /// - Throws: an error of `String` where there is none.
    public init(file: String) throws {
        text = try String(contentsOfFile: Self.path(file), encoding: .utf8)
    }

    /// The absolute path of a file or folder of this package.
    public static func path(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../\(name)").standardizedFileURL.path
    }

    /// The text with the names' values in their places.
    ///
    /// - Throws: ``ServerError`` where a name has no value.
    func filled(_ values: [String: String]) throws -> String {
        let text = values.reduce(text) { $0.replacing("@\($1.key)@", with: $1.value) }
        if let name = text.firstMatch(of: /@[a-z]+@/) { throw ServerError("nobody says what \(name.output) is") }
        return text
    }
}
