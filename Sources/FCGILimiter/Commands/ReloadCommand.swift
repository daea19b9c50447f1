import ArgumentParser
import Glibc
import Rules

/// `fcgi-limiter reload`: makes the running limiters of this machine read their rules files again.
struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Make the running limiters of this machine read their rules files again (SIGHUP).",
        discussion: """
            With --rules or NAME, checks that file first and signals no limiter if the file has an error. A limiter that \
            finds an error in its own rules file logs the error and keeps its current rules.
            """
    )

    @Argument(
        help: """
            Signal only limiters with this rules file: a path, or NAME for /etc/fcgi-limiter/NAME.yaml of the unit \
            fcgi-limiter@NAME.
            """,
        completion: .file())
    var name: String?

    @Option(help: "The rules file to check first. Default: that of NAME.", completion: .file())
    var rules: String?

    @Option(help: "Signal only the limiter with this process ID. Can be repeated. Default: all limiters of this user.")
    var pid: [Int32] = []

    func run() throws {
        let own = name.map { $0.contains("/") ? $0 : "/etc/fcgi-limiter/\($0).yaml" }
        if let rules = rules ?? own {
            _ = try OneLineFailure.of { () throws(RulesError) in try Rulebook.load(path: rules) }
        }
        let running = runningLimiters().filter { own == nil || Self.rulesFile(of: $0) == own }
        let processes = try OneLineFailure.of { () throws(NotRunning) in
            if let other = pid.first(where: { !running.contains($0) }) { throw NotRunning(pid: other, rules: own) }
            guard !running.isEmpty else { throw NotRunning(pid: nil, rules: own) }
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
        /// The rules file that the limiter must have; `nil` if any will do.
        let rules: String?

        var description: String {
            let user = "of this user" + (rules.map { " with the rules \($0)" } ?? "")
            guard let pid else {
                return "no limiter \(user) runs on this machine: start one with fcgi-limiter serve"
            }
            return "--pid \(pid) is not a running limiter \(user): list them with pgrep -a fcgi-limiter"
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

    /// The rules file that a limiter was started with, as its flag or its variable names it.
    private static func rulesFile(of process: pid_t) -> String? {
        let words = strings(process, "cmdline")
        for (number, word) in words.enumerated() {
            if word == "--rules", number + 1 < words.count { return words[number + 1] }
            if word.hasPrefix("--rules=") { return String(word.dropFirst(8)) }
        }
        return strings(process, "environ").first { $0.hasPrefix("FCGI_LIMITER_RULES=") }.map {
            String($0.dropFirst(19))
        }
    }

    /// The zero-terminated strings in a file of a process's folder in `/proc`.
    private static func strings(_ process: pid_t, _ file: String) -> [String] {
        guard let stream = fopen("/proc/\(process)/\(file)", "r") else { return [] }
        defer { fclose(stream) }
        var text: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(text) }
        var strings: [String] = []
        while getdelim(&text, &capacity, 0, stream) > 0, let text { strings.append(String(cString: text)) }
        return strings
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
