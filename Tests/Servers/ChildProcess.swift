import Foundation
import Synchronization

/// A child process that the kernel ends when this process ends for any reason.
final class ChildProcess: Sendable {
    /// The signal from the kernel when the parent has ended.
    enum OrphanSignal: String {
        case kill = "KILL"
        case term = "TERM"
    }

    let pid: pid_t
    private let reapedStatus = Mutex<Int32?>(nil)

    /// Starts `program` as the leader of its own process group.
    ///
    /// Files are paths.
    ///
    /// `descriptors` maps descriptor numbers of the program to descriptors of this process.
    init(
        _ program: Program, _ arguments: [String], environment: [String: String], orphanSignal: OrphanSignal = .kill,
        input: String = "/dev/null", output: String, errors: String, descriptors: [Int32: Int32] = [:]
    ) throws {
        let wrapper = try Program("setpriv", package: "util-linux")
        let words = [wrapper.path, "--pdeathsig", orphanSignal.rawValue, "--", program.path] + arguments
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        pid = try SpawningThread.shared.run {
            try Self.spawn(words, variables, input: input, output: output, errors: errors, descriptors: descriptors)
        }
    }

    /// The exit status, or the negated number of the signal that ended the process; `nil` while it runs.
    ///
    var endStatus: Int32? {
        reapedStatus.withLock { status in
            var end = siginfo_t()
            // WNOWAIT does not reap the process, so that its id is not reused before ``finish()``.
            let asked = waitid(P_PID, id_t(pid), &end, WEXITED | WNOHANG | WNOWAIT)
            guard status == nil, asked == 0, end._sifields._sigchld.si_pid == pid else { return status }
            let code = end._sifields._sigchld.si_status
            return end.si_code == CLD_EXITED ? code : -code
        }
    }

    /// Waits for the end, ends the rest of the process group, and reaps the process.
    @discardableResult
    func finish() -> Int32 {
        var end = siginfo_t()
        waitid(P_PID, id_t(pid), &end, WEXITED | WNOWAIT)
        return reapedStatus.withLock { status in
            if let status { return status }
            kill(-pid, SIGKILL)
            var raw: Int32 = 0
            waitpid(pid, &raw, 0)
            let end = raw & 0x7F == 0 ? raw >> 8 & 0xFF : -(raw & 0x7F)
            status = end
            return end
        }
    }

    private static func spawn(
        _ words: [String], _ variables: [String], input: String, output: String, errors: String,
        descriptors: [Int32: Int32]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        if errors == output {
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        } else {
            posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        }
        for (number, descriptor) in descriptors { posix_spawn_file_actions_adddup2(&actions, descriptor, number) }
        // What other tests have open is not inherited: wrk needs low numbers for its own descriptors. A number that is not
        // open is not an error.
        for other in 3..<Int32(256) where descriptors[other] == nil {
            posix_spawn_file_actions_addclose(&actions, other)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Servers must not inherit the tests' ignored signals.
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var arguments = words.map { strdup($0) } + [nil]
        var environment = variables.map { strdup($0) } + [nil]
        defer { (arguments + environment).forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, words[0], &actions, &attributes, &arguments, &environment)
        guard code == 0 else { throw ServerError("\(words[0]): \(String(cString: strerror(code)))") }
        return pid
    }
}
