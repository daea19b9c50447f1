/// The open connections of one event loop.
struct ConnectionTable {
    /// By descriptor: the system gives out the smallest free one, so few slots are empty.
    private var slots: [Connection?] = []
    private var lastGeneration: UInt32 = 0

    /// Adds a connection that was just accepted.
    mutating func insert(_ descriptor: Int32) -> Connection {
        lastGeneration = lastGeneration == .max ? 1 : lastGeneration + 1
        let connection = Connection(Connection.Key(descriptor: descriptor, generation: lastGeneration))
        let index = Int(descriptor)
        if index >= slots.count { slots.append(contentsOf: repeatElement(nil, count: index + 1 - slots.count)) }
        slots[index] = connection
        return connection
    }

    /// The connection with this key; `nil` once it is removed, even if its descriptor is in use again.
    subscript(key: Connection.Key) -> Connection? {
        let index = Int(key.descriptor)
        guard index < slots.count, let connection = slots[index], connection.key == key else { return nil }
        return connection
    }

    mutating func remove(_ key: Connection.Key) {
        slots[Int(key.descriptor)] = nil
    }

    /// All connections, in the order of their descriptors.
    var all: [Connection] { slots.compactMap { $0 } }
}
