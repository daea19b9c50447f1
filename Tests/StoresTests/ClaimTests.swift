import Cases
import Limiters
import Servers
import Testing

@testable import Stores

@Suite("Claims of receipts")
struct ClaimTests {
    private static func store(_ kind: StoreUnderTest.Kind) throws -> (open: () throws -> any Store, owner: Any) {
        switch kind {
        case .embedded, .memory:
            let folder = try TemporaryFolder()
            let opener = try StoreLocation("embedded:\(folder.path("store"))").opener()
            return ({ opener() }, folder)
        case .redis:
            let server = try RedisServer()
            return ({ RedisStore(RedisLocation(.unix(path: server.socket)), deadlines: .patient) }, server)
        case .cluster:
            let cluster = try RedisCluster()
            return ({ try StoreLocation(cluster.location).open(deadlines: .patient) }, cluster)
        }
    }

    @Test(
        "a receipt is claimed once, whoever claims it and in whatever order",
        arguments: [.embedded, .redis, .cluster] as [StoreUnderTest.Kind])
    func once(_ kind: StoreUnderTest.Kind) throws {
        let (open, owner) = try Self.store(kind)
        defer { withExtendedLifetime(owner) {} }
        let stores = [try open(), try open(), try open()]
        var lists = stores.map { _ in ClaimList() }
        var generator = SeededGenerator(seed: 1)
        var claimed: Set<Receipt.Number> = []
        for _ in 0..<300 {
            let numbers = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                Receipt.Number(
                    issuer: .random(in: 1...2, using: &generator), index: .random(in: 4_000...4_200, using: &generator))
            }
            let index = Int.random(in: stores.indices, using: &generator)
            let isFresh = try lists[index].claim(numbers, in: stores[index])
            for (number, isFresh) in zip(numbers, isFresh) {
                #expect(claimed.insert(number).inserted == isFresh, "\(number)")
            }
        }
        let count = try ClaimList().unclaimedCount(4_000..<4_201, of: 1, in: stores[0])
        #expect(count == 201 - claimed.count { $0.issuer == 1 })
        #expect(try ClaimList().unclaimedCount(0..<10_000, of: 3, in: stores[0]) == 10_000)
    }
}
