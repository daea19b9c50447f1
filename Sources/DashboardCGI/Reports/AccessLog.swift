import Glibc
import Limiters
import Platform
import Rules
import Synchronization

/// The web server's access log, with its rotated files, on whose requests operators try rules: one trial at a time, of bounded cost.
final class AccessLog: Sendable {
    /// Where a trial ends before the end of its range.
    struct Bounds {
        var bytes = 256 << 20
        var time: Microseconds = 10_000_000
        /// Each client has a state in memory for each limit that is tried: together about 2 KB per client.
        var clients = 100_000
    }

    /// What rules would have done with the requests of a range.
    struct Trial {
        let replay: Replay
        /// The lines in another format.
        let unreadable: Int
        /// Which bound ended the trial before the end of the range; `nil` if none did.
        let cut: String?

        /// The time from the first request to the last one, in whole seconds; `nil` without a request.
        var covered: Period? {
            replay.times.map {
                Period(
                    start: Moment(seconds: $0.lowerBound / 1_000_000),
                    end: Moment(seconds: $0.upperBound / 1_000_000 + 1))
            }
        }
    }

    let path: String
    private let bounds: Bounds
    private let isBusy = Atomic(false)

    init(_ path: String, _ bounds: Bounds = Bounds()) {
        (self.path, self.bounds) = (path, bounds)
    }

    /// Applies rules to the requests of a period.
    ///
    /// - Parameters:
    ///   - rulebook: the rules.
    ///   - policy: the policy whose other limits are tried, too.
    ///   - period: the time.
    /// - Returns: what the rules would have done.
    /// - Throws: ``Problem`` if the log cannot be read, or while another trial is running.
    func replay(_ rulebook: Rulebook, trying policy: Policy?, over period: Period) throws(Problem) -> Trial {
        guard !isBusy.exchange(true, ordering: .acquiring) else {
            throw Problem(.unavailable, "Another trial is running.", "Try again in \(bounds.time / 1_000_000) seconds.")
        }
        defer { isBusy.store(false, ordering: .releasing) }
        let (start, end) = (period.start.seconds * 1_000_000, period.end.seconds * 1_000_000)
        let deadline = steadyMicroseconds() + bounds.time
        var replay = Replay(rulebook, trying: policy)
        var (lines, unreadable, bytes) = (0, 0, 0)
        var cut: String?
        do throws(LogFileError) {
            for path in files(since: start) where cut == nil {
                let log = try LogFile(path)
                log.skip(to: start)
                let before = bytes
                try log.forEachLine { line, position in
                    lines += 1
                    bytes = before + position
                    if bytes > bounds.bytes {
                        cut = "\(Int64(bounds.bytes >> 20)) MiB of the log"
                    } else if replay.clients.count >= bounds.clients {
                        cut = "\(bounds.clients) clients"
                    } else if lines % 1_000 == 0, steadyMicroseconds() > deadline {
                        cut = "\(bounds.time / 1_000_000) seconds"
                    }
                    guard cut == nil else { return false }
                    guard let request = AccessLogLine(line) else {
                        if !line.isEmpty { unreadable += 1 }
                        return true
                    }
                    if (start..<end).contains(request.time) { replay.add(request) }
                    // Apache logs when a request began, so an older line may follow.
                    return request.time < end + Self.disorder
                }
            }
        } catch {
            throw Problem(
                .unavailable, error.description, "Let the dashboard's user read the log, and name it in --access-log.")
        }
        return Trial(replay: replay, unreadable: unreadable, cut: cut)
    }

    /// The log, and before it those of its rotated files that were written to since a time, as logrotate numbers them:
    /// `access.log.2.gz`, `access.log.1`, `access.log`.
    private func files(since start: Microseconds) -> [String] {
        var files = [path]
        while true {
            let rotated = ["\(path).\(files.count)", "\(path).\(files.count).gz"].first { path in
                var status = stat()
                return stat(path, &status) == 0 && status.st_mtim.tv_sec * 1_000_000 >= start
            }
            guard let rotated else { return files.reversed() }
            files.append(rotated)
        }
    }

    /// A minute in microseconds.
    private static let disorder: Microseconds = 60_000_000
}
