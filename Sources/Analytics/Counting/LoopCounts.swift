public import Limiters

/// What one event loop has counted since the last hand-over: plain memory, bounded by the rules and by fixed capacities.
public struct LoopCounts {
    /// How many clients, and how many values of each dimension, a loop counts between two hand-overs.
    static let heavyCapacity = 2_048

    /// The series that requests are counted by, each by its index.
    let series: [Series]
    let recordsClients: Bool
    /// Indices in `cells`, by series and outcome; -1 if nothing was counted.
    private var cellIndices: [Int32]
    private(set) var cells: [DecisionCount] = []
    /// The index in `cellIndices` of each cell.
    private var owners: [Int32] = []
    private(set) var clients = HeavyCounts<Identity>(capacity: Self.heavyCapacity)
    /// The counts by the values of each dimension.
    private(set) var values = Dimension.allCases.map { _ in
        HeavyCounts<DimensionValue>(capacity: Self.heavyCapacity)
    }
    /// Units that were taken and may be corrected later, by series.
    private(set) var charged: [Int: Int64] = [:]
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
    ///   - dimensions: makes the values by which the request is ranked.
    public mutating func count(
        _ client: Identity, series: Int, _ outcome: Outcome, passed: Bool, _ decision: Decision?,
        latency: Microseconds?, dimensions: @autoclosure () -> RequestDimensions
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
        if let decision { cells[index].add(decision) }
        if let latency { cells[index].latency.add(latency) }
        guard recordsClients else { return }
        let use = decision?.use ?? 0
        client.bytes.withUnsafeBytes { clients.count($0, series, outcome, use: use) { client } }
        dimensions().forEach { dimension, bytes, value in
            values[dimension.index].count(bytes, series, outcome, use: use, value)
        }
    }

    /// Counts units that were taken and may be corrected when their request has ended.
    public mutating func charge(series: Int, _ units: Int64) {
        charged[series, default: 0].saturatingAdd(units)
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
