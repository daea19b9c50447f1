public import Limiters

/// What one event loop has counted since it last handed over: plain memory, bounded by the rules and by fixed rooms.
public struct LoopCounts {
    /// How many counts of clients a loop keeps at most, until it hands over.
    static let clientRoom = 2_048

    let table: SeriesTable
    let recordsClients: Bool
    /// By series and outcome: the place in `cells`; -1 where nothing was counted.
    private var places: [Int32]
    /// The counts, and the series and outcome that each belongs to.
    private(set) var cells: [DecisionCount] = []
    private var owners: [Int32] = []
    private(set) var clients = HeavyClients(room: Self.clientRoom)
    private(set) var blocked: [(series: Int, request: BlockedRequest)] = []
    private(set) var droppedEvents: Int64 = 0

    init(_ table: SeriesTable, recordsClients: Bool) {
        self.table = table
        self.recordsClients = recordsClients
        places = Array(repeating: -1, count: table.series.count * Outcome.allCases.count)
    }

    /// Counts one request.
    ///
    /// - Parameters:
    ///   - client: who is counted.
    ///   - series: the place of the series in the table in force.
    ///   - outcome: what became of it.
    ///   - passed: whether it was let through.
    ///   - decision: what the governing policy said; `nil` where there is no verdict.
    ///   - bucket: how long the decision took, as ``LatencyHistogram/bucket(of:)`` says; `nil` where none was made.
    public mutating func count(
        _ client: Identity, series: Int, _ outcome: Outcome, passed: Bool, _ decision: Decision?, bucket: Int?
    ) {
        let owner = series * Outcome.allCases.count + outcome.index
        var place = Int(places[owner])
        if place < 0 {
            place = cells.count
            places[owner] = Int32(place)
            cells.append(DecisionCount())
            owners.append(Int32(owner))
        }
        cells[place].requests += 1
        if passed { cells[place].passed += 1 }
        if let decision {
            cells[place].limitSum += decision.limit
            cells[place].remainingSum += decision.remaining
        }
        if let bucket { cells[place].latency[bucket] += 1 }
        if recordsClients { clients.count(client, series, outcome) }
    }

    /// Keeps a blocked request, if it is among the first of its second.
    public mutating func keep(_ series: Int, _ request: () -> BlockedRequest) {
        guard recordsClients else { return }
        if blocked.count < BlockedRequest.mostInASecond {
            blocked.append((series, request()))
        } else {
            droppedEvents += 1
        }
    }

    var isEmpty: Bool { cells.isEmpty }

    /// Calls `body` with each count.
    func forEach(_ body: (Int, Outcome, DecisionCount) -> Void) {
        for (owner, cell) in zip(owners, cells) {
            let (series, outcome) = Int(owner).quotientAndRemainder(dividingBy: Outcome.allCases.count)
            body(series, Outcome.allCases[outcome], cell)
        }
    }
}
