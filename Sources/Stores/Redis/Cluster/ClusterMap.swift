/// Which node has which slot, in the view of one owner.
struct ClusterMap {
    private let location: ClusterLocation
    private let deadlines: RedisDeadlines
    /// All known nodes: those of the location, until one of them names the others.
    private(set) var nodes: [ClusterNode]
    /// The index of each slot's node; -1 if none is known.
    private var owners = [Int16](repeating: -1, count: ClusterSlot.count)

    init(_ location: ClusterLocation, deadlines: RedisDeadlines) {
        self.location = location
        self.deadlines = deadlines
        nodes = location.nodes.map { ClusterNode(location.server(at: $0), deadlines: deadlines) }
    }

    /// The node that has this slot; `nil` if none is known.
    func owner(of slot: Int) -> ClusterNode? {
        owners[slot] < 0 ? nil : nodes[Int(owners[slot])]
    }

    /// Whether any slot's node is known.
    var isKnown: Bool { owners.contains { $0 >= 0 } }

    /// The node at this endpoint, which is added if it is new.
    mutating func node(at endpoint: RedisLocation.Endpoint) -> ClusterNode {
        nodes[index(of: endpoint)]
    }

    /// Gives a slot to the node at this endpoint.
    mutating func give(_ slot: Int, to endpoint: RedisLocation.Endpoint) {
        owners[slot] = Int16(index(of: endpoint))
    }

    private mutating func index(of endpoint: RedisLocation.Endpoint) -> Int {
        if let known = nodes.firstIndex(where: { $0.location.endpoint == endpoint }) { return known }
        nodes.append(ClusterNode(location.server(at: endpoint), deadlines: deadlines))
        return nodes.count - 1
    }

    /// Replaces the map by a node's answer to `CLUSTER SLOTS`; nodes without a slot are forgotten.
    ///
    /// - Parameters:
    ///   - answer: for each run of slots its first, its last, and its nodes: the master first, as host, port, …
    ///   - source: the node that answered; an empty host in the answer means this node's host.
    mutating func update(by answer: RedisValue, from source: ClusterNode) {
        var updated = self
        updated.nodes = []
        updated.owners = owners.map { _ in -1 }
        for run in answer.elements.map(\.elements) where run.count >= 3 {
            let master = run[2].elements
            guard let first = run[0].number, let last = run[1].number, 0 <= first, first <= last,
                last < ClusterSlot.count, master.count >= 2, let port = master[1].number,
                let endpoint = Self.endpoint(master[0].text ?? "", port, seenBy: source)
            else { continue }
            if !updated.nodes.contains(where: { $0.location.endpoint == endpoint }) {
                updated.nodes.append(node(at: endpoint))
            }
            for slot in first...last { updated.give(slot, to: endpoint) }
        }
        if updated.isKnown { self = updated }
    }

    /// The endpoint that a redirection names: `MOVED 3999 10.0.0.1:6379`.
    ///
    /// - Returns: `nil` if the text names none.
    static func endpoint(inRedirection text: String, from source: ClusterNode) -> RedisLocation.Endpoint? {
        guard let address = text.split(separator: " ").last, let colon = address.lastIndex(of: ":"),
            let port = Int(address[address.index(after: colon)...])
        else { return nil }
        return endpoint(String(address[..<colon]), port, seenBy: source)
    }

    /// An empty host means the host of the node that answered, and `?` a host that this node does not know.
    private static func endpoint(
        _ host: String, _ port: Int, seenBy source: ClusterNode
    ) -> RedisLocation.Endpoint? {
        guard host != "?", (1...65_535).contains(port) else { return nil }
        if host.isEmpty, case .tcp(let own, _) = source.location.endpoint { return .tcp(host: own, port: port) }
        return .tcp(host: host, port: port)
    }
}
