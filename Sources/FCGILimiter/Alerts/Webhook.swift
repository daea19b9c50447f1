import Glibc
import Limiters
import Platform

/// Sends messages to an HTTP server with curl(1).
///
/// The address goes to curl's standard input, because arguments are visible to all users of the machine.
struct Webhook: Sendable {
    let address: String
    /// The key of the signature; empty for no signature.
    let secret: String

    /// Sends a body.
    ///
    /// The signature covers the time, so that an old message cannot be sent again.
    ///
    /// - Parameters:
    ///   - body: the message.
    ///   - time: seconds since 1970.
    /// - Returns: why the message was not accepted, in one line; `nil` if it was.
    func send(_ body: [UInt8], time: Int64) -> String? {
        var lines = ["url = \(quoted(address))", "header = \"Content-Type: application/json\""]
        if !secret.isEmpty {
            let digits = HMAC(key: Array(secret.utf8)).hexDigits(of: Array("\(time).".utf8) + body)
            let signature = String(decoding: digits, as: UTF8.self)
            lines.append("header = \"FCGI-Limiter-Signature: t=\(time),v1=\(signature)\"")
        }
        lines.append("data-raw = \(quoted(String(decoding: body, as: UTF8.self)))")
        return run(lines.joined(separator: "\n") + "\n")
    }

    private func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// Runs curl with these lines as its configuration.
    private func run(_ configuration: String) -> String? {
        var (input, output): ([Int32], [Int32]) = ([0, 0], [0, 0])
        guard pipe(&input) == 0 else { return "pipe: \(errorText(errno))" }
        guard pipe(&output) == 0 else {
            for end in input { close(end) }
            return "pipe: \(errorText(errno))"
        }
        // curl must not inherit them: it would wait for the end of its own input.
        for end in input + output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var process = pid_t()
        let code = spawn(input: input[0], output: output[1], &process)
        close(input[0])
        close(output[1])
        if code == 0 { write(configuration, to: input[1]) }
        close(input[1])
        let answer = text(of: output[0])
        close(output[0])
        guard code == 0 else { return "curl does not run: \(errorText(code)): apt-get install curl" }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status != 0 else { return nil }
        return answer.isEmpty ? "curl failed with \(status >> 8)" : answer
    }

    private func spawn(input: Int32, output: Int32, _ process: inout pid_t) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        // Threads of this program block the signals that would end curl.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let words = [
            "curl", "--silent", "--show-error", "--fail", "--proto", "=http,https", "--max-time", "10", "--config", "-",
        ].map { (word: String) in strdup(word) }
        defer { for word in words { free(word) } }
        return posix_spawnp(&process, "curl", &actions, &attributes, words + [nil], environ)
    }

    private func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// The first line that can be read.
    private func text(of descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1_024)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            if bytes.count < chunk.count { bytes += chunk[..<count] }
        }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }
}
