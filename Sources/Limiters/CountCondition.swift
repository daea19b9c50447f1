/// Which endings of a request count under a policy: all others are refunded.
public enum CountCondition: Sendable, Hashable {
    /// A request counts if the answer has one of these statuses.
    case ifStatus(StatusSet)
    /// A request counts unless the answer has one of these statuses.
    case unlessStatus(StatusSet)

    /// No request counts once it has ended, as under a limit of requests at once.
    public static let never = CountCondition.ifStatus(StatusSet([]))
    /// Every request counts.
    public static let always = CountCondition.unlessStatus(StatusSet([]))

    /// Whether a request that was answered with `status` counts.
    public func counts(status: Int) -> Bool {
        switch self {
        case .ifStatus(let statuses): statuses.contains(status)
        case .unlessStatus(let statuses): !statuses.contains(status)
        }
    }
}

/// A set of HTTP statuses.
public struct StatusSet: Sendable, Hashable {
    /// The statuses of a web server's log; 0 if there was no answer.
    public static let all = 0...999

    /// Runs of statuses.
    public let ranges: [ClosedRange<Int>]

    /// The statuses of these runs.
    public init(_ ranges: [ClosedRange<Int>]) {
        self.ranges = ranges
    }

    /// Whether `status` is in the set.
    public func contains(_ status: Int) -> Bool { ranges.contains { $0.contains(status) } }

    /// The set as it is written in receipts and for people: `401,403,500-599`.
    public var text: String {
        ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
    }

    /// The set that ``text`` describes; empty for none, and `nil` for any other text.
    init?(_ text: Substring) {
        var ranges: [ClosedRange<Int>] = []
        for part in text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false) {
            let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard bounds.count <= 2, let first = bounds[0], let last = bounds[bounds.count - 1], first <= last,
                Self.all.contains(first), Self.all.contains(last)
            else { return nil }
            ranges.append(first...last)
        }
        self.ranges = ranges
    }
}
