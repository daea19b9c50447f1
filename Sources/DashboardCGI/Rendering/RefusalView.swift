/// Why somebody may not see the dashboard.
///
/// One property says why; the others are `nil` or false.
struct RefusalView {
    /// The address that is not allowed.
    var address: String?
    /// Whether the request came through a proxy on this machine.
    var isProxied = false
    /// The host name that is not this machine's.
    var host: String?
}
