/// The path patterns of all rules in one tree of segments.
///
/// The time of a lookup depends on the path's depth, not on the number of rules.
///
/// All edges are in one hash table, keyed by a node and a segment's bytes, so that a lookup touches few cache lines and
/// creates no String. Only rules add keys to it, so no request can make it slow.
struct PathTrie: Sendable {
    private struct Node {
        /// The child for `*`; −1 if there is none, which no caller sees.
        var wildcard: Int32 = -1
        var hasEdges = false
        /// Where the node's ranges in `members` begin: `exact`, the rules for its path alone, and `descendants`, those for its
        /// path and all below it.
        var exact: Int32 = 0
        var descendants: Int32 = 0
        var end: Int32 = 0
    }

    /// The edge from a node to a child.
    ///
    /// With 10,000 rules the table exceeds the processor's first cache, so all that a step needs is kept together.
    private struct Edge {
        /// Indices of nodes.
        var parent: Int32
        var child: Int32
        var node: Node
        /// The segment's length in bytes.
        var count: Int32
        /// The index in `texts` of the bytes after the first eight.
        var rest: Int32
        /// The first eight bytes.
        var head: UInt64
    }

    /// The rules of all nodes by index, sorted within each range of a node.
    let members: [Int32]
    private let nodes: [Node]
    private let edges: [Edge]
    /// The hash table, with open addressing: indices into `edges`, −1 in an empty slot.
    ///
    /// Its size is a power of two, and it is at most half full.
    private let table: [Int32]
    private let texts: [UInt8]

    /// A tree of patterns, each with the index of its rule; the indices must not decrease.
    init(_ patterns: [(pattern: PathPattern, rule: Int)]) {
        var builders = [NodeBuilder()]
        for (pattern, rule) in patterns {
            var node = 0
            for segment in pattern.segments {
                switch segment {
                case .any: node = NodeBuilder.step(from: node, \.wildcard, in: &builders)
                case .text(let text): node = NodeBuilder.step(from: node, \.children[text], in: &builders)
                }
            }
            if pattern.includesDescendants {
                builders[node].descendants.append(Int32(rule))
            } else {
                builders[node].exact.append(Int32(rule))
            }
        }

        var members: [Int32] = []
        var nodes: [Node] = []
        var edges: [Edge] = []
        var texts: [UInt8] = []
        var slots: [Int] = []
        for (index, builder) in builders.enumerated() {
            let exact = Int32(members.count)
            members += builder.exact
            let descendants = Int32(members.count)
            members += builder.descendants
            nodes.append(
                Node(
                    wildcard: builder.wildcard.map { Int32($0) } ?? -1, hasEdges: !builder.children.isEmpty,
                    exact: exact, descendants: descendants, end: Int32(members.count)))
            for (text, child) in builder.children {
                let segment = Segment(text, of: index)
                edges.append(
                    Edge(
                        parent: Int32(index), child: Int32(child), node: Node(), count: Int32(text.count),
                        rest: Int32(texts.count), head: segment.head))
                slots.append(segment.slot)
                texts += text.dropFirst(8)
            }
        }
        for index in edges.indices { edges[index].node = nodes[Int(edges[index].child)] }
        self.members = members
        self.nodes = nodes
        self.texts = texts
        self.edges = edges
        table = Self.table(slots)
    }

    /// Calls `body` with a range of `members` for each node whose pattern matches the path.
    ///
    /// Several nodes match if `*` or `**` overlaps with other patterns; their number depends on how rules overlap on this
    /// path, not on how many there are.
    func visit(_ path: RequestPath, _ body: (Range<Int>) -> Void) {
        path.bytes.withUnsafeBufferPointer { visit($0, from: 1, node: 0, nodes[0], body) }
    }

    private func visit(
        _ path: UnsafeBufferPointer<UInt8>, from start: Int, node index: Int, _ node: Node,
        _ body: (Range<Int>) -> Void
    ) {
        if node.descendants < node.end { body(Int(node.descendants)..<Int(node.end)) }
        guard start < path.count else {
            if node.exact < node.descendants { body(Int(node.exact)..<Int(node.descendants)) }
            return
        }
        guard node.hasEdges || node.wildcard >= 0 else { return }
        let segment = Segment(path[start...].prefix { $0 != UInt8(ascii: "/") }, of: index)
        let next = start + segment.count + 1
        if node.hasEdges, let edge = edge(from: index, segment, path, start) {
            visit(path, from: next, node: Int(edge.child), edge.node, body)
        }
        if node.wildcard >= 0 { visit(path, from: next, node: Int(node.wildcard), nodes[Int(node.wildcard)], body) }
    }

    private func edge(
        from node: Int, _ segment: Segment, _ path: UnsafeBufferPointer<UInt8>, _ start: Int
    ) -> Edge? {
        let mask = table.count - 1
        var slot = segment.slot & mask
        while table[slot] >= 0 {
            let edge = edges[Int(table[slot])]
            if edge.parent == node, edge.head == segment.head, edge.count == segment.count,
                segment.count <= 8
                    || texts[Int(edge.rest)..<(Int(edge.rest) + segment.count - 8)].elementsEqual(
                        path[(start + 8)..<(start + segment.count)])
            {
                return edge
            }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private static func table(_ slots: [Int]) -> [Int32] {
        var size = 2
        while size < 2 * slots.count { size *= 2 }
        var table = [Int32](repeating: -1, count: size)
        for (edge, first) in slots.enumerated() {
            var slot = first & (size - 1)
            while table[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            table[slot] = Int32(edge)
        }
        return table
    }
}

/// A node while the tree is being built.
private struct NodeBuilder {
    var wildcard: Int?
    var children: [[UInt8]: Int] = [:]
    var exact: [Int32] = []
    var descendants: [Int32] = []

    static func step(from node: Int, _ edge: WritableKeyPath<NodeBuilder, Int?>, in builders: inout [NodeBuilder])
        -> Int
    {
        if let child = builders[node][keyPath: edge] { return child }
        builders[node][keyPath: edge] = builders.count
        builders.append(NodeBuilder())
        return builders.count - 1
    }
}

/// A segment of a path below a node: the key of an edge.
private struct Segment {
    private(set) var count = 0
    /// The first eight bytes.
    private(set) var head: UInt64 = 0
    /// FNV-1a, seeded with the node.
    private var hash: UInt64

    init(_ bytes: some Sequence<UInt8>, of node: Int) {
        hash = 0xcbf2_9ce4_8422_2325 ^ (UInt64(truncatingIfNeeded: node) &* 0x9e37_79b9_7f4a_7c15)
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
            if count < 8 { head |= UInt64(byte) << UInt64(8 * count) }
            count += 1
        }
    }

    /// The slot where a search of the table begins, before it is reduced to the table's size.
    var slot: Int { Int(truncatingIfNeeded: (hash ^ hash >> 32) >> 1) }
}
