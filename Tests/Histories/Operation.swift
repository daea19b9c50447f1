public import Limiters

/// One event of a history: what a client recorded about a request, or a fault that may have lost counts.
public struct Operation: Sendable {
    /// What a client was answered.
    public struct Answer: Sendable {
        /// The store's clock.
        public let now: Microseconds
        /// One decision for each policy.
        public let decisions: [Decision]

        /// An answer.
        public init(now: Microseconds, decisions: [Decision]) {
            self.now = now
            self.decisions = decisions
        }
    }

    /// What is known of the event.
    public enum Kind: Sendable {
        /// The request was answered.
        case answered(Answer)
        /// The request was not answered: it was decided at some time after it was asked, or never. The moment stands for the
        /// store's clock, which nobody knows.
        case unanswered(moment: Microseconds)
        /// The store may forget the newest admissions, at most so many, once.
        case loss(most: Int)
    }

    /// The number of the client that the request counts for; `nil` for every client.
    public let client: Int?
    /// When the event began, by the machine's steady clock.
    public let begin: Microseconds
    /// When the event was over, by the same clock; `nil` for never.
    public let end: Microseconds?
    /// Units.
    public let cost: Int64
    /// What is known of the event.
    public let kind: Kind

    /// A request of a client.
    public init(client: Int, begin: Microseconds, end: Microseconds?, cost: Int64, _ kind: Kind) {
        self.client = client
        self.begin = begin
        self.end = end
        self.cost = cost
        self.kind = kind
    }

    /// A fault, between whose beginning and end counts may be lost.
    public init(lossBetween begin: Microseconds, and end: Microseconds, most: Int) {
        client = nil
        self.begin = begin
        self.end = end
        cost = 0
        kind = .loss(most: most)
    }

    /// Whether all policies allowed the request; `nil` if it was not answered.
    public var isAdmitted: Bool? {
        guard case .answered(let answer) = kind else { return nil }
        return answer.decisions.allSatisfy { $0.admission == .allowed }
    }

    /// Whether an order may leave the event out.
    var isOptional: Bool { if case .answered = kind { false } else { true } }
}
