import Testing

@testable import FastCGI

@Suite("The table of connections")
struct ConnectionTableTests {
    @Test("a connection is found by its key until it is removed")
    func find() {
        var table = ConnectionTable()
        let connections = [7, 3, 4].map { table.insert($0) }
        for connection in connections { #expect(table[connection.key] === connection) }
        #expect(table.all.map(\.key.descriptor) == [3, 4, 7])
        table.remove(connections[1].key)
        #expect(table[connections[1].key] == nil)
        #expect(table.all.map(\.key.descriptor) == [4, 7])
    }

    @Test("a key does not find the connection that has its descriptor later")
    func reusedDescriptor() {
        var table = ConnectionTable()
        let first = table.insert(5)
        table.remove(first.key)
        let second = table.insert(5)
        #expect(table[first.key] == nil)
        #expect(table[second.key] === second)
        #expect(first.key != second.key)
    }

    @Test("a key of another table or a high descriptor finds nothing")
    func unknown() {
        var table = ConnectionTable()
        #expect(table[Connection.Key(descriptor: 0, generation: 1)] == nil)
        let connection = table.insert(1)
        #expect(table[Connection.Key(descriptor: 1, generation: connection.key.generation + 1)] == nil)
        #expect(table[Connection.Key(descriptor: .max, generation: 1)] == nil)
    }
}
