import TextFormats

/// What all locations of Redis have in common: `SCHEME:[//][USER:PASSWORD@]REST[?NAME=VALUE&…]`.
struct RedisAddress {
    let scheme: Substring
    /// The user and the password.
    private(set) var credentials = RedisCredentials()
    /// How the servers are verified; `nil` without TLS.
    let tls: TLSSettings?
    /// What is left without the above.
    let rest: Substring
    /// The values after the `?` by their names.
    let values: [String: String]
    /// The location as an error may show it, without the values after the `?`.
    let shown: String

    private static let credentialNames = ["user_file", "password_file"]
    private static let tlsNames = ["ca", "cert", "key", "server_name"]
    /// The names that follow the `?` in a location of Sentinels.
    static let sentinelNames = ["sentinel_user", "sentinel_password", "sentinel_user_file", "sentinel_password_file"]

    /// The parts of `text`; `nil` if it has no scheme.
    ///
    /// - Parameters:
    ///   - text: the location.
    ///   - names: the names that may also follow the `?`.
    /// - Throws: ``StoreError`` of kind `.misconfigured` that says what to write, and shows no secret.
    init?(_ text: String, names: [String] = []) throws(StoreError) {
        let (front, query) = Self.split(text)
        shown = String(front)
        func unusable(_ remedy: String) -> StoreError { StoreLocation.unusable(String(front), remedy) }
        guard let (scheme, afterScheme) = front.split(at: ":") else { return nil }
        self.scheme = scheme
        let usesTLS = scheme.hasPrefix("rediss")

        var values: [String: String] = [:]
        let known = names + Self.credentialNames + (usesTLS ? Self.tlsNames : [])
        for field in query.split(separator: "&") {
            let (name, value) = field.split(at: "=") ?? (field, "")
            guard known.contains(String(name)) else {
                throw unusable(
                    Self.tlsNames.contains(String(name))
                        ? "\(name) needs TLS: write rediss://"
                        : "\"\(name)\" after '?' is unknown: write \(known.joined(separator: ", "))")
            }
            guard let decoded = PercentEncoding.decodedText(value), !decoded.isEmpty else {
                throw unusable("write \(name)= and a value, percent-encoded: %26 for &, %25 for %")
            }
            values[String(name)] = decoded
        }
        guard values["key"] == nil || values["cert"] != nil else { throw unusable("key needs cert=PATH") }
        tls =
            usesTLS
            ? TLSSettings(
                authorities: values["ca"], certificate: values["cert"], key: values["key"],
                serverName: values["server_name"]) : nil

        let rest = afterScheme.hasPrefix("//") ? afterScheme.dropFirst(2) : afterScheme
        let at = rest.lastIndex(of: "@")
        self.rest = at.map { rest[rest.index(after: $0)...] } ?? rest
        let before = at.map { rest[..<$0] } ?? ""
        // One word is the password, unless that is in a file.
        let words = before.split(at: ":") ?? (values["password_file"] == nil ? ("", before) : (before, ""))
        guard let user = PercentEncoding.decodedText(words.0), let password = PercentEncoding.decodedText(words.1)
        else {
            throw unusable("percent-encode the user and the password: %40 for @, %3A for :, %2F for /")
        }
        if !user.isEmpty { values["user"] = user }
        if at != nil { values["password"] = password }
        self.values = values
        credentials = RedisCredentials(user: secret("user"), password: secret("password"))
    }

    /// The value with this name, or the file that `NAME_file` names.
    func secret(_ name: String) -> RedisCredentials.Secret? {
        values[name + "_file"].map { .file($0) } ?? values[name].map { .text($0) }
    }

    /// The text before the `?` and after it.
    ///
    /// A `?` before an `@` may be a part of the password, and an `@` after the `?` a part of a value.
    private static func split(_ text: String) -> (Substring, Substring) {
        guard let mark = text.lastIndex(of: "?"), case let query = text[text.index(after: mark)...],
            !query.contains("@")
                || (credentialNames + tlsNames + sentinelNames).contains(String(query.prefix { $0 != "=" }))
        else { return (text[...], "") }
        return (text[..<mark], query)
    }
}
