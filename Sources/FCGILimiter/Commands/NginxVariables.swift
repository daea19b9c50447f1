import Rules

/// What nginx has to be told to send for rules that read more than the snippets send.
enum NginxVariables {
    /// What `guard.conf`, `redirect.conf` and `responder.conf` send.
    private static let sent: Set = [
        "HTTP_X_API_KEY", "HTTP_X_FORWARDED_FOR", "REMOTE_ADDR", "REQUEST_METHOD", "REQUEST_URI",
    ]

    /// Where nginx has what is not a header.
    private static let known = [
        // Not $http_host: a client that sends the absolute form gets the site that it names there.
        "HTTP_HOST": "$host", "REMOTE_USER": "$remote_user", "SERVER_NAME": "$server_name",
    ]

    /// The lines of a file for `fcgi-limiter.d`, which is a comment alone where the snippets send everything.
    static func lines(for rulebook: Rulebook) -> [String] {
        let missing = rulebook.variables.filter { !sent.contains($0) }
        guard !missing.isEmpty else { return ["# The rules read nothing besides what the snippets send."] }
        return ["# What the rules read besides what the snippets send: a file for fcgi-limiter.d beside nginx.conf."]
            + missing.map(line)
    }

    private static func line(_ name: String) -> String {
        if let variable = known[name] { return "fastcgi_param \(name) \(variable) if_not_empty;" }
        // A header's name may hold what no variable of nginx can.
        let isPlain = name.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
        guard name.hasPrefix("HTTP_"), isPlain else {
            return "# Say which variable of nginx it is: fastcgi_param \(name) $… if_not_empty;"
        }
        return "fastcgi_param \(name) $\(name.lowercased()) if_not_empty;"
    }
}
