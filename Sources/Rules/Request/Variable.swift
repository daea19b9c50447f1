/// The names of CGI variables, in bytes so that a lookup creates no String.
enum Variable {
    static let requestMethod = Array("REQUEST_METHOD".utf8)
    static let requestURI = Array("REQUEST_URI".utf8)
    static let scriptName = Array("SCRIPT_NAME".utf8)
    static let pathInfo = Array("PATH_INFO".utf8)
    static let queryString = Array("QUERY_STRING".utf8)
    static let remoteAddress = Array("REMOTE_ADDR".utf8)
    static let remoteUser = Array("REMOTE_USER".utf8)
    static let host = Array("HTTP_HOST".utf8)
    static let serverName = Array("SERVER_NAME".utf8)
    static let cookie = Array("HTTP_COOKIE".utf8)
    static let authorization = Array("HTTP_AUTHORIZATION".utf8)
    static let xForwardedFor = Array("HTTP_X_FORWARDED_FOR".utf8)
    static let forwarded = Array("HTTP_FORWARDED".utf8)
    static let preflight = Array("HTTP_ACCESS_CONTROL_REQUEST_METHOD".utf8)

    /// The variable of a header (RFC 3875, 4.1.18): `X-API-Key` is `HTTP_X_API_KEY`.
    ///
    /// `X_API_Key` maps to the same variable, so a client could send either. nginx and Apache drop headers with an
    /// underscore in their names by default; leave that default on.
    static func header(_ name: some StringProtocol) -> [UInt8] {
        let upper = name.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "_")
            case 0x61...0x7A: byte - 0x20
            default: byte
            }
        }
        switch upper {
        case Array("CONTENT_TYPE".utf8), Array("CONTENT_LENGTH".utf8): return upper
        default: return Array("HTTP_".utf8) + upper
        }
    }
}
