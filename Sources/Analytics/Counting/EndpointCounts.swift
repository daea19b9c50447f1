/// Requests by endpoint and outcome.
public struct EndpointCounts: Sendable {
    /// Requests by outcome.
    public struct Count: Sendable {
        private var counts = InlineArray<4, Int64>(repeating: 0)

        /// No requests.
        public init() {}

        /// The requests that had this outcome.
        public internal(set) subscript(outcome: Outcome) -> Int64 {
            get { counts[outcome.index] }
            set { counts[outcome.index] = newValue }
        }

        /// Adds requests that had this outcome.
        public mutating func add(_ requests: Int64, _ outcome: Outcome) {
            self[outcome].saturatingAdd(requests)
        }

        /// All requests.
        public var total: Int64 { Outcome.allCases.reduce(0) { $0.saturatingAdding(self[$1]) } }
    }

    /// The counts by the endpoints' labels.
    public private(set) var counts: [String: Count] = [:]

    /// No requests.
    public init() {}

    /// The counts of all endpoints together.
    public var sum: Count {
        counts.values.reduce(into: Count()) { sum, count in
            for outcome in Outcome.allCases { sum.add(count[outcome], outcome) }
        }
    }

    /// Adds requests to an endpoint that had this outcome.
    public mutating func add(_ requests: Int64, _ endpoint: String, _ outcome: Outcome) {
        counts[endpoint, default: Count()].add(requests, outcome)
    }

    mutating func add(_ other: EndpointCounts) {
        for (endpoint, count) in other.counts {
            for outcome in Outcome.allCases { add(count[outcome], endpoint, outcome) }
        }
    }
}
