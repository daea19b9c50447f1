import FastCGI
import Glibc
import Platform
import Rules

/// Who may look: whom the web server has authenticated, and who comes from an allowed address.
struct Access: Sendable {
    /// Why somebody may not.
    enum Refusal: Equatable {
        /// The address is not in the allowed networks.
        case stranger(address: String)
        /// The address is this machine's, but the request came through a proxy: whoever asked is somewhere else.
        case proxied
        /// The address is this machine's, but the request is for a name that anybody may have pointed at it: a page of
        /// theirs, open in a browser here, would read what the dashboard says (DNS rebinding).
        case foreignName(host: String)
    }

    private let allowed: NetworkList

    init(_ allowed: NetworkList) {
        self.allowed = allowed
    }

    /// Why this request is refused; `nil` where it may be answered.
    func refusal(of request: Request) -> Refusal? {
        if request.bytes(of: "REMOTE_USER")?.isEmpty == false { return nil }
        let address = request.bytes(of: "REMOTE_ADDR") ?? []
        guard allowed.contains(address) else { return .stranger(address: String(decoding: address, as: UTF8.self)) }
        guard NetworkList.loopback.contains(address) else { return nil }
        if isProxied(request) { return .proxied }
        if let host = request.text(of: "HTTP_HOST"), !isOwn(host) { return .foreignName(host: host) }
        return nil
    }

    /// Whether a `Host` header is an address, `localhost`, a name under it, or what this machine calls itself.
    private func isOwn(_ host: String) -> Bool {
        // An IPv6 address.
        if host.hasPrefix("[") { return true }
        let name = host.prefix { $0 != ":" }.lowercased()
        var address = in_addr()
        return name == "localhost" || name.hasSuffix(".localhost") || inet_pton(AF_INET, name, &address) == 1
            || (name == Self.ownName && !name.isEmpty)
    }

    private static let ownName = machineName().lowercased()

    private func isProxied(_ request: Request) -> Bool {
        request.bytes(of: "HTTP_X_FORWARDED_FOR") != nil || request.bytes(of: "HTTP_FORWARDED") != nil
            || request.bytes(of: "HTTP_X_REAL_IP") != nil
    }
}
