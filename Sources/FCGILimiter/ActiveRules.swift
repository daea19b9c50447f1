import Limiters
import Logging
import Platform
import Rules
import Synchronization

/// The rules that all event loops apply; they change as a whole, between two ticks.
final class ActiveRules: Sendable {
    private let path: String?
    private let mode: Policy.Mode
    private let logger: Logger
    private let rulebook: Mutex<Rulebook>
    private let generation = Atomic<Int>(0)
    private let reloadRequest = WakeUp()

    /// The rules of a file, or of the sample endpoints if `path` is `nil`.
    ///
    /// - Throws: ``RulesError`` when the file cannot be used.
    init(_ path: String?, mode: Policy.Mode, _ logger: Logger) throws(RulesError) {
        self.path = path
        self.mode = mode
        self.logger = logger
        rulebook = Mutex(try Self.read(path, mode, logger))
    }

    /// Starts the thread that reads the file again for each ``requestReload()``, and calls `report` with a line about rules
    /// that are in force from then on.
    ///
    /// A file on a slow disk delays neither requests nor the answer to a signal.
    func startReloading(report: @escaping @Sendable (String) -> Void) {
        startThread {
            while true {
                self.reloadRequest.wait(nil)
                self.reload(report)
            }
        }
    }

    /// Asks for the file to be read again; requests that arrive meanwhile are combined.
    func requestReload() { reloadRequest.signal() }

    /// Reads the file again; an invalid file is logged, and the rules stay as they are.
    private func reload(_ report: (String) -> Void) {
        guard let path else {
            logger.notice("there is no rules file to read again: start with --rules FILE")
            return
        }
        do throws(RulesError) {
            let read = try Self.read(path, mode, logger)
            rulebook.withLock { $0 = read }
            generation.add(1, ordering: .releasing)
            let line = "read \(path) again: \(read.rules.count) rules are in force"
            logger.notice("\(line)")
            report(line)
        } catch {
            logger.error("\(error); the rules stay as they are")
        }
    }

    /// The rules for the log: `3 rules in /etc/fcgi-limiter/limits.yaml`.
    var summary: String {
        guard let path else { return "the rules of the sample endpoints" }
        let count = current.rules.count
        return "\(count) \(count == 1 ? "rule" : "rules") in \(path)"
    }

    /// The rules as they are now.
    var current: Rulebook { rulebook.withLock { $0 } }

    /// The rules, if they have changed since the caller saw `seen`; `nil` if they have not.
    func changed(since seen: inout Int?) -> Rulebook? {
        let latest = generation.load(ordering: .acquiring)
        guard seen != latest else { return nil }
        seen = latest
        return current
    }

    private static func read(
        _ path: String?, _ mode: Policy.Mode, _ logger: Logger
    ) throws(RulesError) -> Rulebook {
        guard let path else { return .samples(mode: mode) }
        let (rulebook, warnings) = try Rulebook.load(path: path, mode: mode)
        for warning in warnings { logger.warning("\(warning)") }
        return rulebook
    }
}
