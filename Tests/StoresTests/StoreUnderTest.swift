import Limiters
import Servers
import Synchronization
import Testing

@testable import Stores

/// One of the stores, on a server of its own that ends with it.
struct StoreUnderTest {
    /// Which store.
    enum Kind: CaseIterable, Sendable {
        case memory
        case embedded
        case redis
        case cluster
    }

    /// Charges a batch at a moment.
    let charge: ([Charge], Microseconds) throws -> [Verdict]
    /// Refunds at a moment, and returns how many of the refunds changed a state.
    let refund: ([Refund], Microseconds) throws -> Int

    init(_ kind: Kind) throws {
        switch kind {
        case .memory:
            let store = Mutex(MemoryStore())
            charge = { charges, now in store.withLock { store in charges.map { store.charge($0, now: now) } } }
            refund = { refunds, now in
                store.withLock { store in refunds.count { store.refund($0, now: now) } }
            }
        case .embedded:
            let folder = try TemporaryFolder()
            let location = try StoreLocation("embedded:\(folder.path("store"))")
            let store = try #require(location.open() as? EmbeddedStore)
            charge = { charges, now in
                try withExtendedLifetime(folder) { try store.charge(charges, clock: now) }
            }
            refund = { refunds, now in
                try withExtendedLifetime(folder) { try store.refund(refunds, clock: now) }
            }
        case .redis:
            let server = try RedisServer()
            let store = RedisStore(RedisLocation(.unix(path: server.socket)), deadlines: .patient)
            charge = { charges, now in
                try withExtendedLifetime(server) { try store.charge(charges, clock: now) }
            }
            refund = { refunds, now in
                try withExtendedLifetime(server) { try store.refund(refunds, clock: now) }
            }
        case .cluster:
            let servers = try RedisCluster()
            let store = try #require(StoreLocation(servers.location).open(deadlines: .patient) as? ClusterStore)
            charge = { charges, now in
                try withExtendedLifetime(servers) { try store.charge(charges, clock: now) }
            }
            refund = { refunds, now in
                try withExtendedLifetime(servers) { try store.refund(refunds, clock: now) }
            }
        }
    }
}

extension RedisDeadlines {
    /// For tests of anything but deadlines, on a busy machine.
    static let patient = RedisDeadlines(connect: 10_000_000, command: 10_000_000)
}
