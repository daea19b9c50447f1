import Servers

/// Apache with a test's own configuration, the limiter started by mod_fcgid, and the Python site.
final class ApacheSite {
    let apache: ApacheServer
    let app: PythonSite

    /// Starts the servers.
    ///
    /// - Parameters:
    ///   - rules: a rules file's text.
    ///   - site: the configuration of the site; `@app@` is the port of the Python site.
    ///   - files: files of the server's folder.
    ///   - values: values of further names in `@...@`.
    ///   - companions: objects that must live as long as the server.
    /// - Throws: ``ServerError`` when a program is missing or does not start.
    init(
        rules: String = Rules.ten, _ site: String, files: [String: String] = [:], values: [String: String] = [:],
        companions: [any Sendable] = []
    ) throws {
        app = try PythonSite()
        apache = try ApacheServer(
            Self.template(site), values.merging(["app": "\(app.port)"]) { $1 },
            files: files.merging(["limits.yaml": rules]) { $1 }, companions: companions + [app])
    }

    /// A client with a connection of its own; the servers live as long as their clients.
    func client() -> HTTPClient {
        HTTPClient(self, port: apache.port)
    }

    private static func template(_ site: String) -> Template {
        Template(
            text: """
                Define folder @folder@
                Define port @port@
                Include @apache@/private.conf
                LoadModule rewrite_module ${modules}/mod_rewrite.so
                LoadModule negotiation_module ${modules}/mod_negotiation.so
                LoadModule include_module ${modules}/mod_include.so
                LoadModule auth_basic_module ${modules}/mod_auth_basic.so
                LoadModule authn_file_module ${modules}/mod_authn_file.so
                LoadModule cgid_module ${modules}/mod_cgid.so
                ScriptSock ${folder}/cgid.sock
                Define FCGI_LIMITER @program@
                FcgidInitialEnv FCGI_LIMITER_STORE embedded:${folder}/state/store
                FcgidInitialEnv FCGI_LIMITER_RULES ${folder}/limits.yaml
                DocumentRoot ${folder}/site
                \(site)
                """)
    }
}
