import Limiters
import Servers
import Testing

@testable import Analytics

@Suite("The ledger")
struct LedgerTests {
    private static func ledger() -> Ledger {
        let ledger = Ledger(loops: 1, recordsClients: false)
        ledger[0].use(Recording.series)
        return ledger
    }

    private static func count(_ requests: Int, in ledger: Ledger) {
        ledger[0].count { counts in
            for _ in 0..<requests {
                counts.count(
                    Identity("api_key", "a".utf8), series: 0, .allowed, passed: true, nil, latency: 40,
                    dimensions: .none)
            }
        }
    }

    @Test("counts are booked to the minute in which they were made, even if nobody asks for them")
    func collected() {
        let ledger = Self.ledger()
        Self.count(3, in: ledger)
        #expect(ledger.collectedLastHour.sum.total == 0)
        ledger.startCollecting()
        #expect(waitUntil { ledger.collectedLastHour.sum.total == 3 })
        Self.count(2, in: ledger)
        #expect(waitUntil { ledger.collectedLastHour.sum.total == 5 })
    }

    @Test("the last hour drops counts that are 60 minutes old")
    func hour() {
        var hour = LastHour()
        hour.add(5, "/a", .allowed, minute: 1_000)
        hour.add(7, "/a", .blocked, minute: 1_059)
        #expect(hour.counts(until: 1_059).sum.total == 12)
        #expect(hour.counts(until: 1_060).sum.total == 7)
        hour.add(1, "/a", .allowed, minute: 1_060)
        #expect(hour.counts(until: 1_060).counts["/a"]?[.allowed] == 1)
        #expect(hour.counts(until: 1_118).sum.total == 8)
        #expect(hour.counts(until: 2_000).sum.total == 0)
    }

    @Test("a batch that is held back keeps all units, those of long ago by the hour")
    func heldUnits() {
        var (batch, later) = (Batch(), Batch())
        var units = UnitCounts()
        (units.charged, units.refunded, units.corrected) = (3, 2, 1)
        for number in 0..<25_000 as Range<Int64> {
            later.add(["login": units], now: 1_700_000_000_000_000 + number * 10_000_000)
        }
        #expect(!later.isEmpty)
        _ = batch.add(later)
        #expect(batch.units.count <= 20_000)
        let sum = batch.units.values.reduce(UnitCounts(), +)
        #expect([sum.charged, sum.refunded, sum.corrected] == [75_000, 50_000, 25_000])
    }

    @Test("sums stop at the bounds of their type")
    func saturation() {
        #expect(Int64.max.saturatingAdding(1) == .max)
        #expect(Int64.min.saturatingAdding(-1) == .min)
        #expect(Int64.max.saturatingAdding(-1) == .max - 1)

        var counts = EndpointCounts()
        for endpoint in ["/a", "/b"] { for _ in 0..<2 { counts.add(6_000_000_000_000_000_000, endpoint, .blocked) } }
        #expect(counts.counts["/a"]?[.blocked] == .max)
        #expect(counts.sum.total == .max)

        var latency = LatencyHistogram()
        for _ in 0..<2 { latency.add(6_000_000_000_000_000_000) }
        #expect(latency.sum == .max)
        #expect(latency.total == 2)

        // Requests under limits of 6·10^18 units each.
        let ledger = Self.ledger()
        let decision = Decision(
            admission: .allowed, limit: 6_000_000_000_000_000_000, remaining: 5_999_999_999_999_999_999, resetAfter: 0)
        for _ in 0..<2 {
            ledger[0].count {
                for _ in 0..<2 {
                    $0.count(
                        Identity("a", "b".utf8), series: 0, .allowed, passed: true, decision, latency: .max,
                        dimensions: .none)
                }
            }
            ledger.collect()
        }
        #expect(ledger.sinceStart.values.map(\.limitSum) == [.max])
        #expect(ledger.sinceStart.values.map(\.remainingSum) == [.max])
        #expect(ledger.sinceStart.values.map(\.requests) == [4])
    }
}
