/// The facts of a request that a rule may look at: its CGI variables (RFC 3875).
///
/// `REQUEST_METHOD`, `REQUEST_URI`, `REMOTE_ADDR`, `HTTP_…` for each header, and whatever else the web server sets.
public protocol CGIVariables {
    /// The bytes of a variable, any at all; `nil` where it was not sent.
    func bytes(of name: [UInt8]) -> ArraySlice<UInt8>?
}
