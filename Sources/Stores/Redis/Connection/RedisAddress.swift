/// What all locations of Redis have in front: `SCHEME:[//][USER:PASSWORD@]`, and what follows.
struct RedisAddress {
    let scheme: Substring
    let user: String?
    let password: String?
    let rest: Substring

    /// The parts of `text`; `nil` where it has no scheme.
    init?(_ text: String) throws(StoreError) {
        guard let (scheme, afterScheme) = text.split(at: ":") else { return nil }
        self.scheme = scheme
        let rest = afterScheme.hasPrefix("//") ? afterScheme.dropFirst(2) : afterScheme
        guard let at = rest.lastIndex(of: "@") else {
            (user, password, self.rest) = (nil, nil, rest)
            return
        }
        let credentials = rest[..<at].split(at: ":") ?? ("", rest[..<at])
        guard let user = Self.percentDecoded(credentials.0), let password = Self.percentDecoded(credentials.1) else {
            throw StoreLocation.unusable(
                text, "percent-encode the user and the password: %40 for @, %3A for :, %2F for /")
        }
        self.user = user.isEmpty ? nil : user
        self.password = password
        self.rest = rest[rest.index(after: at)...]
    }

    /// The number that `text` writes in digits alone.
    static func wholeNumber(_ text: Substring) -> Int? {
        text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) ? Int(text) : nil
    }

    /// `text` with `%XX` replaced by its byte; `nil` where it is torn or no UTF-8.
    static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            // UInt8 would take a sign too.
            guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let value = UInt8(String(digits) ?? "", radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
