import FastCGI
import Rules

/// Who may look: whom the web server has authenticated, and who comes from an allowed address.
struct Access: Sendable {
    /// Why somebody may not.
    enum Refusal: Equatable {
        /// The address is not in the allowed networks.
        case stranger(address: String)
        /// The address is this machine's, but the request came through a proxy: whoever asked is somewhere else.
        case proxied
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
        return NetworkList.loopback.contains(address) && isProxied(request) ? .proxied : nil
    }

    private func isProxied(_ request: Request) -> Bool {
        request.bytes(of: "HTTP_X_FORWARDED_FOR") != nil || request.bytes(of: "HTTP_FORWARDED") != nil
            || request.bytes(of: "HTTP_X_REAL_IP") != nil
    }
}
