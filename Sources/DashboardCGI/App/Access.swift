import FastCGI
import Platform
import Rules

/// Who may see the dashboard: users whom the web server has authenticated, and allowed addresses.
struct Access: Sendable {
    /// Why a request is refused.
    enum Refusal: Equatable {
        /// The address is outside the allowed networks.
        case stranger(address: String)
        /// The address is this machine's, but the request came through a proxy, so its sender is somewhere else.
        case proxied
        /// The address is this machine's, but the host name is not. Anybody may point a name at this machine, and a page
        /// under that name, open in a browser here, could read the dashboard (DNS rebinding).
        case foreignName(host: String)
    }

    private let allowed: NetworkList

    init(_ allowed: NetworkList) {
        self.allowed = allowed
    }

    /// Why a request is refused; `nil` if it may be answered.
    func refusal(of request: Request) -> Refusal? {
        if request.bytes(of: "REMOTE_USER")?.isEmpty == false { return nil }
        let address = request.bytes(of: "REMOTE_ADDR") ?? []
        guard allowed.contains(address) else { return .stranger(address: String(decoding: address, as: UTF8.self)) }
        guard NetworkList.loopback.contains(address) else { return nil }
        if isProxied(request) { return .proxied }
        if let host = request.text(of: "HTTP_HOST"), !isOwn(host) { return .foreignName(host: host) }
        return nil
    }

    /// Whether a `Host` header names this machine: an address, `localhost`, a name under it, or the machine's name.
    private func isOwn(_ host: String) -> Bool {
        // An IPv6 address.
        if host.hasPrefix("[") { return true }
        let name = host.prefix { $0 != ":" }.lowercased()
        return name == "localhost" || name.hasSuffix(".localhost") || IPAddress(Array(name.utf8)[...]) != nil
            || (name == Self.ownName && !name.isEmpty)
    }

    private static let ownName = machineName().lowercased()

    private func isProxied(_ request: Request) -> Bool {
        request.bytes(of: "HTTP_X_FORWARDED_FOR") != nil || request.bytes(of: "HTTP_FORWARDED") != nil
            || request.bytes(of: "HTTP_X_REAL_IP") != nil
    }
}
