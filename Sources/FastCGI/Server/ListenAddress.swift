extension Listener {
    /// Where to listen, as an operator writes it.
    public enum Address: Sendable, Hashable {
        /// `unix:PATH`: a socket with this mode and, if named, group.
        case unix(path: String, mode: UInt32, group: String?)
        /// `HOST:PORT`, `[::1]:PORT`.
        case tcp(host: String, port: String)
        /// `fd:N`: a socket that the parent process opened, as mod_fcgid and spawn-fcgi do on descriptor 0.
        case descriptor(Int32)
        /// `systemd`: the socket that systemd passes to a unit with a `.socket`.
        case systemd
    }
}

extension Listener.Address: CustomStringConvertible {
    /// The address as an operator writes it.
    public var description: String {
        switch self {
        case .unix(let path, _, _): "unix:\(path)"
        case .tcp(let host, let port): "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .descriptor(let number): "fd:\(number)"
        case .systemd: "systemd"
        }
    }

    /// The address written in `text`: `unix:PATH`, `HOST:PORT`, `fd:N` or `systemd`.
    ///
    /// - Parameters:
    ///   - text: the address as an operator writes it.
    ///   - mode: the mode of a Unix socket.
    ///   - group: the group of a Unix socket; `nil` for the process's own.
    /// - Throws: ``ListenError`` that says what may be written.
    public init(_ text: String, mode: UInt32 = 0o660, group: String? = nil) throws(ListenError) {
        if text == "systemd" {
            self = .systemd
        } else if text.hasPrefix("unix:"), text.utf8.count > 5 {
            self = .unix(path: String(text.dropFirst(5)), mode: mode, group: group)
        } else if text.hasPrefix("fd:"), let number = Int32(text.dropFirst(3)), number >= 0 {
            self = .descriptor(number)
        } else if let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) {
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            self = .tcp(host: String(host), port: String(port))
        } else {
            throw ListenError("\"\(text)\" is not a listening address: write unix:PATH, HOST:PORT, fd:N or systemd")
        }
    }
}
