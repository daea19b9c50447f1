/// The path patterns of all rules in one tree of segments: finding those of a path takes as long as the path is deep,
/// however many rules there are.
///
/// Its edges are one hash table over all nodes, looked up by a node and a segment's bytes, so that a lookup touches few
/// lines of memory and makes no String. Only rules put keys into it: no request can make it slow.
struct PathTrie: Sendable {
    private struct Node {
        /// The child for any segment; −1 for none, which no caller sees.
        var star: Int32 = -1
        var hasEdges = false
        /// Where its rules begin in `members`: first those for exactly its path, then those for it and all below.
        var exact: Int32 = 0
        var open: Int32 = 0
        var end: Int32 = 0
    }

    /// The way from a node to a child.
    ///
    /// With 10,000 rules the table is larger than the processor's nearest memory, so what a step needs stands together.
    private struct Edge {
        /// The nodes' numbers.
        var parent: Int32
        var child: Int32
        var node: Node
        /// The segment's length and its first bytes.
        var count: Int32
        /// Where the other bytes begin in `texts`.
        var rest: Int32
        var head: UInt64
    }

    /// The rules of all nodes, by index, in order within each node.
    let members: [Int32]
    private let nodes: [Node]
    private let edges: [Edge]
    /// Where edges are looked up, by open addressing: indices into `edges`, −1 for an empty place; a power of two, at
    /// most half full.
    private let table: [Int32]
    private let texts: [UInt8]

    /// A tree of patterns, each with the index of its rule, in the order of rules.
    init(_ patterns: [(pattern: PathPattern, rule: Int)]) {
        var drafts = [Draft()]
        for (pattern, rule) in patterns {
            var node = 0
            for segment in pattern.segments {
                switch segment {
                case .any: node = Draft.step(from: node, \.star, in: &drafts)
                case .text(let text): node = Draft.step(from: node, \.children[text], in: &drafts)
                }
            }
            if pattern.isOpen { drafts[node].open.append(Int32(rule)) } else { drafts[node].exact.append(Int32(rule)) }
        }

        var members: [Int32] = []
        var nodes: [Node] = []
        var edges: [Edge] = []
        var texts: [UInt8] = []
        var places: [Int] = []
        for (index, draft) in drafts.enumerated() {
            let exact = Int32(members.count)
            members += draft.exact
            let open = Int32(members.count)
            members += draft.open
            nodes.append(
                Node(
                    star: draft.star.map { Int32($0) } ?? -1, hasEdges: !draft.children.isEmpty, exact: exact,
                    open: open, end: Int32(members.count)))
            for (text, child) in draft.children {
                let segment = Segment(text, of: index)
                edges.append(
                    Edge(
                        parent: Int32(index), child: Int32(child), node: Node(), count: Int32(text.count),
                        rest: Int32(texts.count), head: segment.head))
                places.append(segment.place)
                texts += text.dropFirst(8)
            }
        }
        for index in edges.indices { edges[index].node = nodes[Int(edges[index].child)] }
        self.members = members
        self.nodes = nodes
        self.texts = texts
        self.edges = edges
        table = Self.table(places)
    }

    /// Calls `body` with the members of each node whose pattern the path has.
    ///
    /// A path has several such nodes where a `*` or a `**` stands beside a text; their number depends on how rules
    /// overlap on this path and not on how many there are.
    func visit(_ path: RequestPath, _ body: (Range<Int>) -> Void) {
        path.bytes.withUnsafeBufferPointer { visit($0, from: 1, node: 0, nodes[0], body) }
    }

    private func visit(
        _ path: UnsafeBufferPointer<UInt8>, from start: Int, node index: Int, _ node: Node,
        _ body: (Range<Int>) -> Void
    ) {
        if node.open < node.end { body(Int(node.open)..<Int(node.end)) }
        guard start < path.count else {
            if node.exact < node.open { body(Int(node.exact)..<Int(node.open)) }
            return
        }
        guard node.hasEdges || node.star >= 0 else { return }
        let segment = Segment(path[start...].prefix { $0 != UInt8(ascii: "/") }, of: index)
        let next = start + segment.count + 1
        if node.hasEdges, let edge = edge(from: index, segment, path, start) {
            visit(path, from: next, node: Int(edge.child), edge.node, body)
        }
        if node.star >= 0 { visit(path, from: next, node: Int(node.star), nodes[Int(node.star)], body) }
    }

    private func edge(
        from node: Int, _ segment: Segment, _ path: UnsafeBufferPointer<UInt8>, _ start: Int
    ) -> Edge? {
        let mask = table.count - 1
        var place = segment.place & mask
        while table[place] >= 0 {
            let edge = edges[Int(table[place])]
            if edge.parent == node, edge.head == segment.head, edge.count == segment.count,
                segment.count <= 8
                    || texts[Int(edge.rest)..<(Int(edge.rest) + segment.count - 8)].elementsEqual(
                        path[(start + 8)..<(start + segment.count)])
            {
                return edge
            }
            place = (place + 1) & mask
        }
        return nil
    }

    private static func table(_ places: [Int]) -> [Int32] {
        var size = 2
        while size < 2 * places.count { size *= 2 }
        var table = [Int32](repeating: -1, count: size)
        for (edge, first) in places.enumerated() {
            var place = first & (size - 1)
            while table[place] >= 0 { place = (place + 1) & (size - 1) }
            table[place] = Int32(edge)
        }
        return table
    }
}

/// A node while the tree is built.
private struct Draft {
    var star: Int?
    var children: [[UInt8]: Int] = [:]
    var exact: [Int32] = []
    var open: [Int32] = []

    static func step(from node: Int, _ way: WritableKeyPath<Draft, Int?>, in drafts: inout [Draft]) -> Int {
        if let child = drafts[node][keyPath: way] { return child }
        drafts[node][keyPath: way] = drafts.count
        drafts.append(Draft())
        return drafts.count - 1
    }
}

/// A segment of a path below a node, as its edge is looked up.
private struct Segment {
    private(set) var count = 0
    /// The first eight bytes.
    private(set) var head: UInt64 = 0
    /// FNV-1a, begun with the node.
    private var hash: UInt64

    init(_ bytes: some Sequence<UInt8>, of node: Int) {
        hash = 0xcbf2_9ce4_8422_2325 ^ (UInt64(truncatingIfNeeded: node) &* 0x9e37_79b9_7f4a_7c15)
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
            if count < 8 { head |= UInt64(byte) << UInt64(8 * count) }
            count += 1
        }
    }

    /// Where the table is searched first.
    var place: Int { Int(truncatingIfNeeded: (hash ^ hash >> 32) >> 1) }
}
