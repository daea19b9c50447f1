import ArgumentParser
import Glibc
import Rules

/// `fcgi-limiter reload`: has the running limiters of this machine read their rules again.
struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the running limiters of this machine read their rules files again (SIGHUP).",
        discussion: """
            With --rules the file is checked first, and nobody is told of one that is wrong. A limiter that finds its file \
            wrong says so in its log and keeps its rules.
            """
    )

    @Option(help: "Check this file first.")
    var rules: String?

    @Option(help: "Tell only the limiter with this process number. May be given several times. Default: all.")
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

    /// There is nobody to tell.
    private struct NotRunning: Error, CustomStringConvertible {
        /// Who was to be told; `nil` for anybody.
        let pid: pid_t?

        var description: String {
            guard let pid else { return "no limiter of this user runs on this machine: start one with serve" }
            return "--pid \(pid) is no running limiter of this user: see pgrep -a fcgi-limiter"
        }
    }

    /// The other processes that run this program to serve, or an earlier one that an upgrade has replaced by it.
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

    /// Whether the process expects SIGHUP, as `serve` does: any other command would die of it.
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
