import Cases
import Foundation
import Limiters
import Servers
import Stores
import Testing

@Suite("Processes that share an embedded store", .serialized)
struct EmbeddedProcessTests {
    let folder: TemporaryFolder
    var location: String { "embedded:\(folder.path("store"))" }

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("together they admit exactly a window's limit in each window", arguments: [20, 1_024])
    func window(_ limit: Int) throws {
        let window: Microseconds = 400_000
        let hammers = try (0..<3).map { _ in try hammer(limit: limit, window: window, .slidingWindow, seconds: 2.2) }
        for hammer in hammers { #expect(hammer.process.waitForEnd(deadline: 20) == 0) }
        let admissions = hammers.flatMap(\.admissions).sorted()
        expectNoMore(than: limit, in: window, admissions)
        let first = try #require(admissions.first)
        for number in 0..<4 as Range<Int64> {
            let begin = first + number * window
            #expect(admissions.count { (begin..<(begin + window)).contains($0) } == limit, "window \(number)")
        }
    }

    @Test("together they admit a window's limit above 1,024 at most a grain late")
    func largeWindow() throws {
        let (limit, window, grain) = (1_100, 400_000 as Microseconds, 391 as Microseconds)
        let hammers = try (0..<3).map { _ in try hammer(limit: limit, window: window, .slidingWindow, seconds: 2.2) }
        for hammer in hammers { #expect(hammer.process.waitForEnd(deadline: 20) == 0) }
        let admissions = hammers.flatMap(\.admissions).sorted()
        expectNoMore(than: limit, in: window, admissions)
        let first = try #require(admissions.first)
        for number in 1...4 as ClosedRange<Int64> {
            let end = first + number * (window + grain)
            #expect(admissions.count { $0 < end } >= Int(number) * limit, "window \(number)")
        }
    }

    @Test("together they admit a bucket's limit at once, then one per interval")
    func bucket() throws {
        let (limit, interval) = (5, 100_000 as Microseconds)
        let hammers = try (0..<3).map { _ in try hammer(limit: limit, window: 500_000, .tokenBucket, seconds: 2.2) }
        for hammer in hammers { #expect(hammer.process.waitForEnd(deadline: 20) == 0) }
        let admissions = hammers.flatMap(\.admissions).sorted()
        let first = try #require(admissions.first)
        #expect(admissions.count > limit)
        for (number, moment) in admissions.enumerated() where number >= limit {
            let due = first + Int64(number - limit + 1) * interval
            #expect(moment >= due, "unit \(number)")
        }
    }

    /// Some are killed between transactions, some within one, and some while they split the pages of the tree.
    @Test("a process that is killed while it charges does not stop, damage or favour the others")
    func kills() throws {
        let (limit, window) = (2_000, 150_000 as Microseconds)
        let survivors = try (0..<2).map { _ in try hammer(limit: limit, window: window, .slidingWindow, seconds: 60) }
        var victims: [Hammer] = []
        var generator = SeededGenerator(seed: 20)
        for number in 0..<24 {
            let isFiller = number.isMultiple(of: 2)
            let victim =
                isFiller ? try filler() : try hammer(limit: limit, window: window, .slidingWindow, seconds: 60)
            victims.append(victim)
            try victim.waitUntilOpen()
            // A filler prepares its keys first.
            usleep(.random(in: 0...(isFiller ? 150_000 : 20_000), using: &generator))
            victim.process.send(SIGKILL)
            #expect(victim.process.waitForEnd(deadline: 5) == -SIGKILL)
        }

        // The others go on: each window after the last kill has its admissions.
        let lastKill = try #require(survivors.flatMap(\.admissions).max())
        let deadline = ContinuousClock.now + .seconds(10)
        while try #require(survivors.flatMap(\.admissions).max()) < lastKill + 4 * window {
            try #require(ContinuousClock.now < deadline, "the others do not go on")
            usleep(10_000)
        }
        for survivor in survivors {
            #expect(survivor.process.endStatus == nil)
            survivor.process.send(SIGTERM)
            #expect(survivor.process.waitForEnd(deadline: 5) == -SIGTERM)
        }
        expectNoMore(than: limit, in: window, (survivors + victims).flatMap(\.admissions).sorted())

        // Every key can still be read and charged, even those that were being written.
        let store = try StoreLocation(location).open()
        let policy = try Policy(name: "bench", quota: Quota(limit: 100, window: 60_000_000, algorithm: .tokenBucket))
        for first in stride(from: 0, to: 20_000, by: 1_000) {
            let batch = (first..<(first + 1_000)).map {
                Charge([.init(policy, for: Identity("api_key", "client-\($0)".utf8))])
            }
            #expect(try store.charge(batch).allSatisfy(\.isAllowed))
        }
    }

    /// A process that logs the moments of its admissions.
    private struct Hammer {
        let process: ServerProcess

        var admissions: [Microseconds] {
            // The last line may be half written.
            process.logText.split(separator: "\n", omittingEmptySubsequences: false).dropLast().compactMap { Int64($0) }
        }

        /// Waits until the store is in the process's memory.
        func waitUntilOpen() throws {
            let deadline = ContinuousClock.now + .seconds(10)
            while try !String(contentsOfFile: "/proc/\(process.pid)/maps", encoding: .utf8).contains("/data.mdb") {
                try #require(ContinuousClock.now < deadline, "the process does not open the store")
                usleep(1_000)
            }
        }
    }

    private func hammer(
        limit: Int, window: Microseconds, _ algorithm: Algorithm, seconds: Double
    ) throws -> Hammer {
        try start([
            "hammer", "--store", location, "--key", "k", "--limit", "\(limit)", "--window-milliseconds",
            "\(window / 1_000)", "--seconds", "\(seconds)", "--algorithm", algorithm.rawValue,
        ])
    }

    /// A process that creates and charges keys in a random order.
    private func filler() throws -> Hammer {
        try start(["rate", "--store", location, "--keys", "20000", "--batch", "32", "--seconds", "60"])
    }

    /// In a folder of its own, so that each has its own log.
    private func start(_ arguments: [String]) throws -> Hammer {
        let bench = try Program(built: "StoreBench")
        return Hammer(process: try ServerProcess(bench, arguments, in: TemporaryFolder()))
    }

    /// No interval of the window's length has more than `limit` of the sorted moments.
    private func expectNoMore(than limit: Int, in window: Microseconds, _ moments: [Microseconds]) {
        let tooClose = zip(moments, moments.dropFirst(limit)).first { $1 - $0 < window }
        #expect(tooClose == nil, "of \(moments.count)")
    }
}
