public import ArgumentParser
public import FastCGI
import Glibc

/// The options that say where a program listens.
public struct ListenOptions: ParsableArguments {
    @Option(
        help: """
            The address to listen on: unix:PATH, HOST:PORT, fd:N or systemd. Default: a listening socket passed by the \
            parent process or systemd, otherwise a Unix socket in $RUNTIME_DIRECTORY, /run, $XDG_RUNTIME_DIR or /tmp.
            """)
    var listen: Listener.Address?

    @Option(help: "The permissions of the Unix socket, in octal.")
    var socketMode = SocketMode(bits: 0o660)

    @Option(help: "The group of the Unix socket, for example www-data. Default: the program's own group.")
    var socketGroup: String?

    /// No options: what the parser starts from.
    public init() {}

    /// The address that the options name, or the default.
    ///
    /// mod_fcgid and spawn-fcgi pass a socket as descriptor 0, and systemd says that it passes one. Without an option or a
    /// passed socket, the address is a Unix socket in a folder that this user can write to.
    ///
    /// - Parameter defaultSocket: the file name of that Unix socket.
    /// - Returns: the address, with the options' permissions and group if it is a Unix socket.
    public func address(defaultSocket: String) -> Listener.Address {
        let environment = ProcessEnvironment()
        switch listen {
        case .unix(let path, _, _): return unix(path)
        case let address?: return address
        case nil:
            if Listener.isListening(0) { return .descriptor(0) }
            if Self.isStartedForSocket { return .systemd }
            let folder = geteuid() == 0 ? "/run" : environment["XDG_RUNTIME_DIR"] ?? "/tmp"
            return unix("\(environment["RUNTIME_DIRECTORY"] ?? folder)/\(defaultSocket)")
        }
    }

    /// Whether the parent process or systemd has passed a listening socket.
    public static var hasPassedSocket: Bool { Listener.isListening(0) || isStartedForSocket }

    /// Whether systemd has passed a socket to this process.
    private static var isStartedForSocket: Bool { ProcessEnvironment()["LISTEN_PID"] == String(getpid()) }

    private func unix(_ path: String) -> Listener.Address {
        .unix(path: path, mode: socketMode.bits, group: socketGroup)
    }
}

extension Listener.Address: OptionValue {
    /// The address written in `text`.
    public init(option text: String) throws(InvalidValue) {
        do {
            try self.init(text)
        } catch {
            throw InvalidValue(error)
        }
    }
}

/// The permissions of a Unix socket.
struct SocketMode: OptionValue {
    /// The permission bits, at most `0o777`.
    let bits: UInt32

    init(bits: UInt32) {
        self.bits = bits
    }

    init(option text: String) throws(InvalidValue) {
        guard let bits = UInt32(text, radix: 8), bits <= 0o777 else {
            throw InvalidValue(text, allowed: "an octal mode like 0660")
        }
        self.bits = bits
    }

    var defaultValueDescription: String { "0" + String(bits, radix: 8) }
}
