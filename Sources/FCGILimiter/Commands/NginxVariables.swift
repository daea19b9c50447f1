import Rules

/// The nginx directives for rules that read more variables than the snippets send.
enum NginxVariables {
    /// The variables that `guard.conf`, `redirect.conf` and `responder.conf` send.
    private static let sent: Set = [
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD", "HTTP_X_API_KEY", "HTTP_X_FORWARDED_FOR", "REMOTE_ADDR", "REQUEST_METHOD",
        "REQUEST_URI",
    ]

    /// The variable with the host that the client names.
    static let host = "HTTP_HOST"

    /// The nginx variables that are not named after a header.
    private static let known = [
        // Not $http_host: for a request target in absolute form, nginx chooses the site by the target, not by Host.
        host: "$host", "REMOTE_USER": "$remote_user", "SERVER_NAME": "$server_name",
    ]

    /// The variables that the rules read and the snippets do not send.
    static func unsent(by rulebook: Rulebook) -> [String] { rulebook.variables.filter { !sent.contains($0) } }

    /// The lines of a file for `fcgi-limiter.d`; only a comment if the snippets send everything.
    static func lines(for rulebook: Rulebook) -> [String] {
        let missing = unsent(by: rulebook)
        guard !missing.isEmpty else { return ["# The rules read no variables except those that the snippets send."] }
        return [
            "# Variables that the rules read and the snippets do not send. Save as a file in fcgi-limiter.d beside nginx.conf."
        ]
            + missing.map(line)
    }

    private static func line(_ name: String) -> String {
        if let variable = known[name] { return "fastcgi_param \(name) \(variable) if_not_empty;" }
        // A header name may contain characters that an nginx variable cannot.
        let isPlain = name.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
        guard name.hasPrefix("HTTP_"), isPlain else {
            return "# Replace $… by the nginx variable with this value: fastcgi_param \(name) $… if_not_empty;"
        }
        return "fastcgi_param \(name) $\(name.lowercased()) if_not_empty;"
    }
}
