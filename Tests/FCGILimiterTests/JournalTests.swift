import Foundation
import Servers
import Testing

@Suite("Log lines for systemd's journal")
struct JournalTests {
    /// Runs a limiter whose `JOURNAL_STREAM` is the output of a shell command, and returns its log.
    private func log(stream command: String) throws -> [Substring] {
        let folder = try TemporaryFolder()
        let script = """
            export JOURNAL_STREAM=$(\(command))
            exec \(try Program(built: "fcgi-limiter").path) serve --listen unix:\(folder.path("socket")) \
                --store embedded:\(folder.path("store")) --rules \(Template.path("bench/limits.yaml"))
            """
        let limiter = try ServerProcess(Program("sh", package: "dash"), ["-c", script], in: folder) {
            folder.text(of: "sh.log").contains("serving on")
        }
        limiter.send(SIGTERM)
        #expect(limiter.waitForEnd(deadline: 10) == 0)
        return limiter.logText.split(separator: "\n")
    }

    @Test("a line has a priority and no time if standard error is the stream that JOURNAL_STREAM names")
    func journal() throws {
        let lines = try log(stream: "stat -L -c %d:%i /proc/self/fd/2")
        #expect(lines.contains { $0.hasPrefix("<6>serving on unix:") })
        #expect(lines.last == "<6>stopping on SIGTERM")
        #expect(lines.allSatisfy { $0.firstMatch(of: /^<[2-7]>/) != nil })
    }

    @Test(
        "a line has its time if standard error is something else",
        arguments: ["stat -L -c %d:%i /proc/self/fd/0", "echo 1:2", "echo x", "echo"])
    func other(command: String) throws {
        let lines = try log(stream: command)
        #expect(lines.last?.wholeMatch(of: /[-0-9]{10}T[:0-9]{8}Z info fcgi-limiter: stopping on SIGTERM/) != nil)
    }

    @Test("an error has the priority of errors")
    func error() throws {
        let script = """
            JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec \(try Program(built: "fcgi-limiter").path) \
                serve --listen unix:/nowhere/socket --store redis+unix:/nowhere/redis
            """
        let outcome = try Program("sh", package: "dash").run(["-c", script])
        #expect(outcome.status == 1)
        #expect(outcome.errors.split(separator: "\n").last?.hasPrefix("<3>") == true, "\(outcome.errors)")
    }
}
