/// A request as rules see it: its CGI variables (RFC 3875).
///
/// `REQUEST_METHOD`, `REQUEST_URI`, `REMOTE_ADDR`, `HTTP_…` for each header, and whatever else the web server sets.
public protocol CGIVariables {
    /// The bytes of a variable, not necessarily valid text; `nil` if the web server did not send it.
    func bytes(of name: [UInt8]) -> ArraySlice<UInt8>?
}
