import Foundation

/// Two private networks connected by a cable that can be pulled: packets are then lost without notice.
///
/// The networks are network namespaces. They need no root if the kernel lets every user create them.
public final class Cable: Sendable {
    /// One end of the cable.
    ///
    /// Programs that run here see no other network.
    public final class End: Sendable {
        /// The address for the other end.
        public let host: String
        private let holder: ServerProcess

        /// Creates a network, from within `other` if given, because only the user who created it may assign an address.
        fileprivate init(host: String, in folder: TemporaryFolder, beside other: End? = nil) throws {
            self.host = host
            // A network namespace lives as long as a process in it.
            let sleep = ["--net", try Program("sleep", package: "coreutils").path, "infinity"]
            let unshare = try Program("unshare", package: "util-linux")
            if let other {
                let (program, arguments) = try other.command(unshare, sleep)
                holder = try ServerProcess(program, arguments, in: folder)
            } else {
                holder = try ServerProcess(unshare, (geteuid() == 0 ? [] : ["--map-root-user"]) + sleep, in: folder)
            }
            let pid = holder.pid
            guard waitUntil({ Self.name(pid) == "sleep" || holder.endStatus != nil }), holder.endStatus == nil else {
                throw ServerError("this machine allows no network namespace: \(holder.logText)")
            }
        }

        /// The command that runs a program at this end.
        func command(_ program: Program, _ arguments: [String]) throws -> (Program, [String]) {
            // Root stays in its user namespace. Any other user becomes root in that of the holder.
            let spaces = ["--net"] + (geteuid() == 0 ? [] : ["--user", "--preserve-credentials"])
            return (
                try Program("nsenter", package: "util-linux"),
                ["--target", "\(holder.pid)"] + spaces + ["--", program.path] + arguments
            )
        }

        /// Runs `ip` at this end.
        fileprivate func ip(_ words: String...) throws {
            let (program, arguments) = try command(Program("ip", package: "iproute2"), words)
            let outcome = try program.run(arguments)
            guard outcome.status == 0 else {
                throw ServerError("ip \(words.joined(separator: " ")): \(outcome.errors)")
            }
        }

        fileprivate var pid: Int32 { holder.pid }

        private static func name(_ pid: Int32) -> String? {
            (try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8))?
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    /// One end.
    public let near: End
    /// The other end.
    public let far: End

    /// Creates both networks and the cable.
    ///
    /// - Throws: ``ServerError`` when the machine does not allow it.
    public init() throws {
        let folder = try TemporaryFolder()
        near = try End(host: "10.0.0.1", in: folder)
        far = try End(host: "10.0.0.2", in: folder, beside: near)
        try near.ip("link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", "\(far.pid)")
        for end in [near, far] {
            try end.ip("address", "add", "\(end.host)/24", "dev", "cable")
            try end.ip("link", "set", "cable", "up")
            try end.ip("link", "set", "lo", "up")
        }
    }

    /// Pulls the cable at its far end.
    public func pull() throws {
        try far.ip("link", "set", "cable", "down")
    }

    /// Plugs the cable in again.
    public func plug() throws {
        try far.ip("link", "set", "cable", "up")
    }
}
