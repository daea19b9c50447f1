import ArgumentParser
import Glibc
import Rules

/// `fcgi-limiter reload`: makes the running limiters of this machine read their rules files again.
struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Make the running limiters of this machine read their rules files again (SIGHUP).",
        discussion: """
            With --rules, checks that file first and signals no limiter if the file has an error. A limiter that finds an \
            error in its own rules file logs the error and keeps its current rules.
            """
    )

    @Option(help: "The rules file to check first.", completion: .file())
    var rules: String?

    @Option(help: "Signal only the limiter with this process ID. Can be repeated. Default: all limiters of this user.")
    var pid: [Int32] = []

    func run() throws {
        if let rules { _ = try OneLineFailure.of { () throws(RulesError) in try Rulebook.load(path: rules) } }
        let running = runningLimiters()
        let processes = try OneLineFailure.of { () throws(NotRunning) in
            if let other = pid.first(where: { !running.contains($0) }) { throw NotRunning(pid: other) }
            guard !running.isEmpty else { throw NotRunning(pid: nil) }
            return pid.isEmpty ? running : pid
        }
        let told = processes.filter { kill($0, SIGHUP) == 0 }
        print("told \(told.count) of \(processes.count) running limiters to read their rules again")
        if told.count < processes.count { throw ExitCode.failure }
    }

    /// There is no limiter to signal.
    private struct NotRunning: Error, CustomStringConvertible {
        /// The process that is no limiter; `nil` if there is none at all.
        let pid: pid_t?

        var description: String {
            guard let pid else {
                return "no limiter of this user runs on this machine: start one with fcgi-limiter serve"
            }
            return "--pid \(pid) is not a running limiter of this user: list them with pgrep -a fcgi-limiter"
        }
    }

    /// The other processes that serve with this program, or with the file that an upgrade has replaced by this program.
    private func runningLimiters() -> [pid_t] {
        guard let own = ProgramFile(of: "self"), let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [pid_t] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let process = pid_t(name), process != getpid() else { continue }
            guard let other = ProgramFile(of: name), other.isSame(as: own), Self.handlesHangUp(process) else {
                continue
            }
            found.append(process)
        }
        return found
    }

    /// Whether the process handles SIGHUP, as `serve` does; the signal would end any other command.
    private static func handlesHangUp(_ process: pid_t) -> Bool {
        guard let file = fopen("/proc/\(process)/status", "r") else { return false }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("SigCgt:") else { continue }
            let mask = UInt64(text.dropFirst(7).filter(\.isHexDigit), radix: 16) ?? 0
            return mask & (1 << UInt64(SIGHUP - 1)) != 0
        }
        return false
    }
}
