import Limiters
import Servers
import Testing

@testable import Stores

@Suite("A full embedded store")
struct NewcomerTests {
    private let folder: TemporaryFolder
    private let store: EmbeddedStore
    private let policy: Policy

    init() throws {
        folder = try TemporaryFolder()
        let location = try StoreLocation("embedded:\(folder.path("store"))?size=1M")
        store = try #require(location.open() as? EmbeddedStore)
        policy = try Policy(
            name: "p", quota: Quota(limit: 5, window: 86_400_000_000, algorithm: .slidingWindow))
    }

    private func charge(_ client: String, from address: UInt32 = 0xCB00_7109) -> Charge {
        Charge([.init(policy, for: Identity("client", client.utf8))], network: ClientNetwork(v4: address))
    }

    /// Invents clients until one finds no room.
    private func fill() throws {
        for number in 0..<100_000 {
            if case .failure = try store.attempt([charge("new-\(number)")])[0] { return }
        }
        Issue.record("the store does not become full")
    }

    @Test("goes on refusing exhausted clients, among new ones in the same batch")
    func exhausted() throws {
        for _ in 0..<5 { #expect(try store.charge([charge("old")])[0].isAllowed) }
        try fill()
        var admitted = 0
        for number in 0..<480 {
            let results = try store.attempt([charge("more-\(number)"), charge("old")])
            guard case .failure(let error) = results[0], case .success(let verdict) = results[1] else {
                Issue.record("the new client finds room, or the old one is not decided")
                return
            }
            #expect(error.kind == .full)
            if verdict.isAllowed { admitted += 1 }
        }
        #expect(admitted == 0)
    }

    @Test("counts new clients by network, each network separately")
    func networks() throws {
        try fill()
        func admitted(_ addresses: [UInt32]) throws -> Int {
            try addresses.enumerated().count { number, address in
                try store.chargeNewcomers([charge("invented-\(address)-\(number)", from: address)])[0].isAllowed
            }
        }
        // 203.0.113.0/24, then 198.51.100.0/24.
        #expect(try admitted((0..<200).map { 0xCB00_7100 + $0 }) == 5)
        #expect(try admitted((0..<200).map { 0xC633_6400 + $0 }) == 5)
        let verdict = try store.chargeNewcomers([charge("invented")])[0]
        #expect(!verdict.isAllowed)
        #expect(verdict.charge.entries[0].identity == Identity("network", "203.0.113.0/24".utf8))
    }

    @Test("counts old clients as before, even together with a new key")
    func mixed() throws {
        #expect(try store.charge([charge("old")])[0].isAllowed)
        try fill()
        let other = try Policy(name: "q", quota: Quota(limit: 100, window: 86_400_000_000, algorithm: .tokenBucket))
        let mixed = Charge(
            charge("old").entries + [.init(other, for: Identity("client", "new".utf8))],
            network: ClientNetwork(v4: 0xCB00_7109))
        for _ in 0..<4 { #expect(try store.chargeNewcomers([mixed])[0].isAllowed) }
        #expect(try !store.chargeNewcomers([mixed])[0].isAllowed)
    }

    @Test("a network has a name of its own")
    func names() {
        let v6: UInt128 = 0x2001_0db8_0001_0002_0003_0004_0005_0006
        #expect(ClientNetwork(v6: v6).identity == Identity("network", "2001:db8:1::/48".utf8))
        #expect(ClientNetwork.unknown.identity == Identity("network", "unknown".utf8))
    }
}
