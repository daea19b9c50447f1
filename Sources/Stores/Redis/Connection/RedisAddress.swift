import TextFormats

/// What every location of Redis begins with, `SCHEME:[//][USER:PASSWORD@]`, and the rest of it.
struct RedisAddress {
    let scheme: Substring
    let user: String?
    let password: String?
    let rest: Substring

    /// The parts of `text`; `nil` if it has no scheme.
    init?(_ text: String) throws(StoreError) {
        guard let (scheme, afterScheme) = text.split(at: ":") else { return nil }
        self.scheme = scheme
        let rest = afterScheme.hasPrefix("//") ? afterScheme.dropFirst(2) : afterScheme
        guard let at = rest.lastIndex(of: "@") else {
            (user, password, self.rest) = (nil, nil, rest)
            return
        }
        let credentials = rest[..<at].split(at: ":") ?? ("", rest[..<at])
        guard let user = PercentEncoding.decodedText(credentials.0),
            let password = PercentEncoding.decodedText(credentials.1)
        else {
            throw StoreLocation.unusable(
                text, "percent-encode the user and the password: %40 for @, %3A for :, %2F for /")
        }
        self.user = user.isEmpty ? nil : user
        self.password = password
        self.rest = rest[rest.index(after: at)...]
    }
}
