/// The counts that the rules of ``GeneratedLog`` must produce, computed in the plainest way: whole seconds, whole numbers.
struct ReplayOracle {
    /// A row of the report: requests, refused requests, and the times of the first and the last refusal.
    struct Row: Hashable {
        var requests = 0
        var refused = 0
        var first = ""
        var last = ""

        mutating func add(isRefused: Bool, _ time: Int) {
            requests += 1
            guard isRefused else { return }
            if refused == 0 { first = ReplayOracle.moment(time) }
            refused += 1
            last = ReplayOracle.moment(time)
        }
    }

    private(set) var total = Row()
    private(set) var unlimited = 0
    private(set) var policies: [String: Row] = [:]
    private(set) var clients: [String: Row] = [:]
    private(set) var hours: [String: Int] = [:]

    private var now = 0
    /// By policy and client: the time of each admitted request.
    private var logs: [String: [Int]] = [:]
    /// By policy and client: the level of a bucket, in units times seconds of its window, and the time of that level.
    private var buckets: [String: (level: Int, time: Int)] = [:]

    /// A policy that applies to a request.
    private struct Meeting {
        let policy: String
        let client: String
        let limit: Int
        let seconds: Int
        var cost = 1
        var isBucket = false
        var isShadow = false

        var name: String { "\(policy) \(client)" }
    }

    mutating func add(path: String, address: String, user: String?, time: Int) {
        now = max(now, time)
        let client = "address=\(address)"
        let person = user.map { "user=\($0.replacing(" ", with: "%20"))" } ?? client
        var meetings: [Meeting] = []
        switch path {
        case "/a":
            meetings.append(Meeting(policy: "minute", client: client, limit: 6, seconds: 60))
            meetings.append(Meeting(policy: "hour", client: client, limit: 60, seconds: 3_600))
        case "/b":
            meetings.append(Meeting(policy: "bucket", client: client, limit: 8, seconds: 60, cost: 3, isBucket: true))
        default:
            unlimited += 1
            total.add(isRefused: false, now)
            return
        }
        meetings.append(
            Meeting(policy: "trial", client: person, limit: 40, seconds: 3_600, isBucket: true, isShadow: true))

        let fitting = meetings.map { fits($0) }
        let isRefused = zip(meetings, fitting).contains { !$0.isShadow && !$1 }
        for (meeting, fits) in zip(meetings, fitting) {
            policies[meeting.policy, default: Row()].add(isRefused: !fits, now)
            if !isRefused, fits { take(meeting) }
        }
        for name in Set([client, person]) { clients[name, default: Row()].add(isRefused: isRefused, now) }
        total.add(isRefused: isRefused, now)
        if isRefused { hours["2026-10-12 \(Self.two(now / 3_600)):00:00", default: 0] += 1 }
    }

    private mutating func fits(_ meeting: Meeting) -> Bool {
        if meeting.isBucket { return level(meeting) >= meeting.cost * meeting.seconds }
        let now = now
        logs[meeting.name]?.removeAll { $0 <= now - meeting.seconds }
        return (logs[meeting.name]?.count ?? 0) + meeting.cost <= meeting.limit
    }

    private func level(_ meeting: Meeting) -> Int {
        guard let (level, time) = buckets[meeting.name] else { return meeting.limit * meeting.seconds }
        return min(meeting.limit * meeting.seconds, level + (now - time) * meeting.limit)
    }

    private mutating func take(_ meeting: Meeting) {
        if meeting.isBucket {
            buckets[meeting.name] = (level(meeting) - meeting.cost * meeting.seconds, now)
        } else {
            logs[meeting.name, default: []].append(now)
        }
    }

    /// The time of day so many seconds after midnight: `21:46:38`.
    static func clock(_ time: Int) -> String {
        "\(two(time / 3_600)):\(two(time / 60 % 60)):\(two(time % 60))"
    }

    private static func moment(_ time: Int) -> String { "2026-10-12 \(clock(time))" }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
