public import Limiters

/// What one event loop has counted since the last hand-over: plain memory, bounded by the rules and by fixed capacities.
public struct LoopCounts {
    /// How many counts of clients a loop keeps between two hand-overs.
    static let clientCapacity = 2_048

    /// The series that requests are counted by, each by its index.
    let series: [Series]
    let recordsClients: Bool
    /// Indices in `cells`, by series and outcome; -1 if nothing was counted.
    private var cellIndices: [Int32]
    private(set) var cells: [DecisionCount] = []
    /// The index in `cellIndices` of each cell.
    private var owners: [Int32] = []
    private(set) var clients = HeavyClients(capacity: Self.clientCapacity)
    private(set) var blocked: [(series: Int, request: BlockedRequest)] = []
    private(set) var droppedEvents: Int64 = 0

    init(_ series: [Series], recordsClients: Bool) {
        self.series = series
        self.recordsClients = recordsClients
        cellIndices = Array(repeating: -1, count: series.count * Outcome.allCases.count)
    }

    /// Counts one request.
    ///
    /// - Parameters:
    ///   - client: the identity that is counted.
    ///   - series: the index of the series in use.
    ///   - outcome: what became of the request.
    ///   - passed: whether it was let through.
    ///   - decision: the governing policy's answer; `nil` if the store did not decide.
    ///   - latency: how long the decision took; `nil` if none was made.
    public mutating func count(
        _ client: Identity, series: Int, _ outcome: Outcome, passed: Bool, _ decision: Decision?,
        latency: Microseconds?
    ) {
        let owner = series * Outcome.allCases.count + outcome.index
        if cellIndices[owner] < 0 {
            cellIndices[owner] = Int32(cells.count)
            cells.append(DecisionCount())
            owners.append(Int32(owner))
        }
        let index = Int(cellIndices[owner])
        cells[index].requests += 1
        if passed { cells[index].passed += 1 }
        if let decision {
            cells[index].limitSum.saturatingAdd(decision.limit)
            cells[index].remainingSum.saturatingAdd(decision.remaining)
        }
        if let latency { cells[index].latency.add(latency) }
        if recordsClients { clients.count(client, series, outcome) }
    }

    /// Keeps the details of a blocked request, if it is among the first since the last hand-over.
    public mutating func keep(_ series: Int, _ request: () -> BlockedRequest) {
        guard recordsClients else { return }
        if blocked.count < BlockedRequest.maximumPerSecond {
            blocked.append((series, request()))
        } else {
            droppedEvents += 1
        }
    }

    var isEmpty: Bool { cells.isEmpty }

    /// Calls `body` with the series' index, the outcome and the count of each cell.
    func forEach(_ body: (Int, Outcome, DecisionCount) -> Void) {
        for (owner, cell) in zip(owners, cells) {
            let (series, outcome) = Int(owner).quotientAndRemainder(dividingBy: Outcome.allCases.count)
            body(series, Outcome.allCases[outcome], cell)
        }
    }
}
