import Limiters
import Servers
import Stores
import Testing

@Suite("What the embedded store keeps")
struct EmbeddedStoreTests {
    let folder: TemporaryFolder
    var path: String { folder.path("store") }

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("counts are still there when the store is opened again")
    func reopening() throws {
        for remaining in [4, 3, 2] as [Int64] {
            let decisions = try open().charge([charge("a")])[0].decisions
            #expect(decisions[0].remaining == remaining)
        }
    }

    @Test("missing parent folders are created")
    func deepFolder() throws {
        let location = try StoreLocation("embedded:\(folder.path("a/b/c"))")
        #expect(try location.open().charge([charge("a")])[0].isAllowed)
    }

    @Test("the store of an earlier boot of the machine is forgotten")
    func earlierBoot() throws {
        #expect(try open().charge([charge("a")])[0].decisions[0].remaining == 4)
        try folder.write("00000000-0000-0000-0000-000000000000\n", to: "store/boot")
        #expect(try open().charge([charge("a")])[0].decisions[0].remaining == 4)
        #expect(try open().charge([charge("a")])[0].decisions[0].remaining == 3)
    }

    @Test("owners in one process share their counts")
    func owners() throws {
        let opener = try StoreLocation("embedded:\(path)").opener()
        let owners = [opener(), opener(), opener()]
        let remaining = try owners.map { try $0.charge([charge("a")])[0].decisions[0].remaining }
        #expect(remaining == [4, 3, 2])
    }

    @Test("owners on several threads admit no more than the limit")
    func threads() async throws {
        let opener = try StoreLocation("embedded:\(path)").opener()
        let quota = try Quota(limit: 1_000, window: 3_600_000_000, algorithm: .slidingWindow)
        let policy = try Policy(name: "p", quota: quota)
        let charge = Charge([.init(policy, for: Identity("client", "a".utf8))])
        let admitted = try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    let store = opener()
                    return try (0..<1_000).reduce(0) { count, _ in
                        try count + (store.charge([charge])[0].isAllowed ? 1 : 0)
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(admitted == 1_000)
    }

    @Test("a full file gives an error for new keys, and continues to count the keys that it has")
    func full() throws {
        let store = try open(size: "1M")
        #expect(try store.charge([charge("old")])[0].decisions[0].remaining == 4)
        let error = #expect(throws: StoreError.self) {
            for number in 0..<100_000 { _ = try store.charge([charge("new-\(number)")]) }
        }
        #expect(error?.kind == .full)
        #expect(
            error?.description
                == "embedded:\(path) is full: give the store more room, as in embedded:\(path)?size=4G")
        for remaining in [3, 2, 1, 0] as [Int64] {
            #expect(try store.charge([charge("old")])[0].decisions[0].remaining == remaining)
        }
        #expect(try store.charge([charge("old")])[0].isAllowed == false)
    }

    @Test("a full file that is opened with more room accepts new keys")
    func moreRoom() throws {
        do {
            let store = try open(size: "1M")
            #expect(throws: StoreError.self) {
                for number in 0..<100_000 { _ = try store.charge([charge("new-\(number)")]) }
            }
        }
        let store = try open(size: "4M")
        #expect(try store.charge([charge("new-0")])[0].decisions[0].remaining == 3)
        for number in 0..<1_000 { #expect(try store.charge([charge("other-\(number)")])[0].isAllowed) }
    }

    @Test("a full file reuses the room of expired keys")
    func fullOfExpired() throws {
        let store = try open(size: "1M")
        // About 8,000 fit. As many more must fit after them, each with a lifetime of 1 ms.
        for number in 0..<40_000 {
            #expect(try store.charge([charge("short-\(number)", limit: 1, window: 1_000)])[0].isAllowed)
        }
    }

    @Test(
        "a file that was filled to its end has room again when all keys have expired",
        arguments: ["1M", "5M"], Algorithm.allCases)
    func fullAndSwept(_ size: String, _ algorithm: Algorithm) throws {
        let store = try #require(try open(size: size) as? EmbeddedStore)
        let policy = try Policy(name: "p", quota: Quota(limit: 5, window: 3_600_000_000, algorithm: algorithm))
        func batch(_ name: String, _ numbers: Range<Int>) -> [Charge] {
            numbers.map { Charge([.init(policy, for: Identity("client", "\(name)-\($0)".utf8))]) }
        }
        for round in 0..<3 {
            // By an old clock, so that nothing is swept, and in ever smaller batches, to come as near the end as possible.
            for count in [100, 10, 1] {
                let error = #expect(throws: StoreError.self) {
                    for first in stride(from: 0, to: 100_000, by: count) {
                        let numbers = first..<(first + count)
                        _ = try store.charge(batch("\(round)-\(count)", numbers), clock: 1_000_000)
                    }
                }
                #expect(error?.kind == .full)
            }
            // More than fit into the pages that happen to be free.
            #expect(try store.charge(batch("new", 0..<300)).allSatisfy(\.isAllowed), "round \(round)")
        }
    }

    @Test("a full file continues to count the keys that it has, even in one batch with new keys")
    func fullGoesOn() throws {
        let store = try open(size: "1M")
        let policy = try Policy(
            name: "p", quota: Quota(limit: 100, window: 360_000_000_000, algorithm: .tokenBucket))
        let lasting = (0..<100).map { Charge([.init(policy, for: Identity("client", "\($0)".utf8))]) }
        _ = try store.charge(lasting)
        #expect(throws: StoreError.self) {
            for number in 0..<100_000 { _ = try store.charge([charge("new-\(number)")]) }
        }
        for count in 1...50 as ClosedRange<Int64> {
            for first in stride(from: 0, to: 100, by: 10) {
                let verdicts = try store.charge(Array(lasting[first..<(first + 10)]))
                #expect(verdicts.allSatisfy { $0.decisions[0].remaining == 99 - count })
            }
        }
    }

    @Test("keys that have expired are swept while others are charged")
    func sweep() throws {
        let store = try #require(try open() as? EmbeddedStore)
        for first in stride(from: 0, to: 50_000, by: 100) {
            let batch = try (first..<(first + 100)).map { try charge("short-\($0)", limit: 1, window: 1_000) }
            _ = try store.charge(batch)
        }
        let most = store.usage
        // The sweep looks at two records for each charged key.
        for number in 0..<(most.records / 2 + 200) { _ = try store.charge([charge("long-\(number % 10)")]) }
        #expect(store.usage.records < 1_000, "of \(most.records)")
        // The pages that became free are used again.
        for number in 0..<20_000 { _ = try store.charge([charge("short-\(number)", limit: 1, window: 1_000)]) }
        #expect(store.usage.records < 2_000)
        #expect(store.usage.pages <= most.pages)
    }

    @Test("the sweep keeps up with batches of any size", arguments: [1, 100, 5_000])
    func sweepOfBatches(_ size: Int) throws {
        let store = try #require(try open() as? EmbeddedStore)
        for first in stride(from: 0, to: 100_000, by: size) {
            let numbers = first..<(first + size)
            _ = try store.charge(try numbers.map { try charge("short-\($0)", limit: 1, window: 1_000) })
        }
        #expect(store.usage.records < 40_000)
    }

    @Test("a key that has not expired is never swept")
    func sweepKeeps() throws {
        let store = try open()
        let lasting = try (0..<300).map { try charge("lasting-\($0)") }
        for remaining in [4, 3, 2] as [Int64] {
            for number in 0..<2_000 { _ = try store.charge([charge("short-\(number)", limit: 1, window: 1_000)]) }
            #expect(try store.charge(lasting).allSatisfy { $0.decisions[0].remaining == remaining })
        }
    }

    @Test("a file that is not a store gives an error with a remedy")
    func damaged() throws {
        _ = try open().charge([charge("a")])
        for text in ["short", String(repeating: "no store at all\n", count: 4_096)] {
            try folder.write(text, to: "store/data.mdb")
            let error = #expect(throws: StoreError.self) { try open() }
            #expect(error?.kind == .damaged)
            #expect(
                error?.description
                    == "embedded:\(path): data.mdb is not a store: remove the file, or name another folder")
        }
    }

    @Test("a file instead of the folder gives an error with a remedy")
    func noFolder() throws {
        try folder.write("", to: "store")
        let error = #expect(throws: StoreError.self) { try open() }
        #expect(error?.kind == .misconfigured)
        #expect(
            error?.description == """
                embedded:\(path): Not a directory: give this user the folder, or name another folder
                """)
    }

    @Test("a batch has one moment, and each of its requests sees the charges of the earlier ones")
    func oneMoment() throws {
        let batch = try [charge("a"), charge("a", cost: 0), charge("b", cost: 6), charge("a", cost: 4)]
        let verdicts = try open().charge(batch)
        #expect(Set(verdicts.map(\.now)).count == 1)
        #expect(verdicts.map(\.admission) == [.allowed, .allowed, .impossible, .allowed])
        #expect(verdicts.map { $0.decisions[0].remaining } == [4, 4, 5, 0])
    }

    private func open(size: String = "64M") throws -> any Store {
        try StoreLocation("embedded:\(path)?size=\(size)").open()
    }

    /// Five per hour by default.
    private func charge(
        _ client: String, cost: Int64 = 1, limit: Int64 = 5, window: Microseconds = 3_600_000_000
    ) throws -> Charge {
        let quota = try Quota(limit: limit, window: window, algorithm: .slidingWindow)
        return Charge(cost: cost, [.init(try Policy(name: "p", quota: quota), for: Identity("client", client.utf8))])
    }
}
