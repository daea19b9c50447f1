import Limiters
import Servers
import Stores
import Testing

@Suite("Resetting keys")
struct ResetTests {
    private let folder: TemporaryFolder
    private let server: RedisServer

    init() throws {
        folder = try TemporaryFolder()
        server = try RedisServer()
    }

    @Test("a reset key has a full quota, and only keys in use are counted", arguments: ["embedded", "redis"])
    func reset(_ kind: String) throws {
        let location = kind == "redis" ? "redis+unix:\(server.socket)" : "embedded:\(folder.path("store"))"
        let store = try StoreLocation(location).open(deadlines: .patient)
        for algorithm in Algorithm.allCases {
            let policy = try Policy(
                name: algorithm.rawValue, quota: Quota(limit: 1, window: 3_600_000_000, algorithm: algorithm))
            let used = Charge.Entry(policy, for: Identity("client", "used".utf8))
            let unused = Charge.Entry(policy, for: Identity("client", "unused".utf8))
            #expect(try store.charge([Charge([used]), Charge([used])]).map(\.isAllowed) == [true, false])
            #expect(try store.reset([used.key, unused.key]) == 1, "\(algorithm)")
            #expect(try store.charge([Charge([used]), Charge([used])]).map(\.isAllowed) == [true, false])
        }
        #expect(try store.reset([]) == 0)
    }
}
