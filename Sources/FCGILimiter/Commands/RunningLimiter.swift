import FastCGI
import Glibc
import Startup
import Stores

/// Another process on this machine that serves with this program.
struct RunningLimiter {
    /// The process ID.
    let pid: pid_t

    /// The running limiters that this user may see.
    ///
    /// They serve with this program, or with the file that an upgrade has replaced by this program.
    static var all: [RunningLimiter] {
        guard let own = ProgramFile(of: "self"), let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [RunningLimiter] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let process = pid_t(name), process != getpid() else { continue }
            guard let other = ProgramFile(of: name), other.isSame(as: own), handlesHangUp(process) else { continue }
            found.append(RunningLimiter(pid: process))
        }
        return found
    }

    /// The command that the process runs, with the options that its arguments and its environment name.
    ///
    /// `nil` if this program does not understand them.
    var command: ServeCommand? {
        guard let arguments = ProcessEnvironment.strings(inFile: "/proc/\(pid)/cmdline"), !arguments.isEmpty else {
            return nil
        }
        return try? FCGILimiterCommand.parse(Array(arguments.dropFirst()), environment) as? ServeCommand
    }

    /// The path of its rules file; `nil` for the rules of the sample endpoints.
    var rules: String? { command?.rulesOptions.rules.map(absolute) }

    /// The store; `nil` if the command or its variables name none that this program understands.
    var store: StoreLocation? {
        var status = stat()
        guard let command, stat("/proc/\(pid)", &status) == 0 else { return nil }
        let location = try? command.storeOptions.location(environment, user: status.st_uid)
        guard case .embedded(let path, let size) = location else { return location }
        return .embedded(path: absolute(path), size: size)
    }

    /// The result of `body` with the permissions of the limiter's user, if this is root.
    func asItsUser<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        var status = stat()
        guard geteuid() == 0, stat("/proc/\(pid)", &status) == 0 else { return try body() }
        // Supplementary groups first, which only root may change.
        let groups = Self.groups(of: pid)
        setgroups(groups.count, groups)
        setegid(status.st_gid)
        seteuid(status.st_uid)
        defer {
            seteuid(0)
            setegid(0)
            setgroups(0, nil)
        }
        return try body()
    }

    private var environment: ProcessEnvironment { ProcessEnvironment(of: pid) }

    /// A path as the process sees it.
    private func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/\(pid)/cwd", &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/" + path
    }

    /// Whether the process handles SIGHUP, as `serve` does; the signal would end any other command.
    private static func handlesHangUp(_ process: pid_t) -> Bool {
        let mask = UInt64(status("SigCgt", of: process), radix: 16) ?? 0
        return mask & (1 << UInt64(SIGHUP - 1)) != 0
    }

    private static func groups(of process: pid_t) -> [gid_t] {
        status("Groups", of: process).split(separator: " ").compactMap { gid_t($0) }
    }

    /// A value in `/proc/PID/status`; empty if there is none.
    private static func status(_ name: String, of process: pid_t) -> String {
        guard let file = fopen("/proc/\(process)/status", "r") else { return "" }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4_096)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix(name + ":") else { continue }
            return String(text.dropFirst(name.count + 1).drop { $0 == "\t" }.prefix { $0 != "\n" })
        }
        return ""
    }
}
