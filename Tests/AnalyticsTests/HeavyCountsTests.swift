import Limiters
import Platform
import Testing

@testable import Analytics

@Suite("Heavy counts")
struct HeavyCountsTests {
    private func client(_ number: Int) -> Identity { Identity("address", String(number).utf8) }

    private func count(
        _ clients: inout HeavyCounts<Identity>, _ number: Int, _ series: Int, _ outcome: Outcome
    ) {
        let client = client(number)
        client.bytes.withUnsafeBytes { clients.count($0, series, outcome, use: 0) { client } }
    }

    @Test("every count is exact until the capacity is exceeded")
    func exact() {
        var clients = HeavyCounts<Identity>(capacity: 8)
        for number in 0..<8 { for _ in 0...number { count(&clients, number, number % 2, .blocked) } }
        #expect(clients.others.isEmpty)
        for number in 0..<8 {
            #expect(
                clients.entries.first { $0.value == client(number) && $0.series == number % 2 }?.count.blocked
                    == Int64(number + 1))
        }
    }

    @Test("among a million clients the capacity holds, sums are exact, and the heaviest clients are known")
    func million() throws {
        let room = 2_048
        var clients = HeavyCounts<Identity>(capacity: room)
        var sent: [Outcome: Int64] = [:]
        for number in 0..<1_000_000 {
            let outcome: Outcome = number % 3 == 0 ? .blocked : number % 3 == 1 ? .allowed : .failed
            count(&clients, number, number % 5, outcome)
            sent[outcome, default: 0] += 1
            // One client sends every hundredth request, another every thousandth.
            if number % 100 == 0 { count(&clients, -1, 0, .blocked) }
            if number % 1_000 == 0 { count(&clients, -2, 0, .allowed) }
            #expect(clients.entries.count <= room)
        }
        var sum = ClientCount()
        for entry in clients.entries { sum += entry.count }
        for count in clients.others.values { sum += count }
        #expect(sum.blocked == sent[.blocked, default: 0] + 10_000)
        #expect(sum.allowed == sent[.allowed, default: 0] + 1_000)
        #expect(sum.failed == sent[.failed])
        #expect(clients.others.count <= 5)

        // Too low by at most the number of requests divided by half the capacity, and never too high.
        let error = Int64(1_011_000 / (room / 2))
        for (number, real) in [(-1, Int64(10_000)), (-2, 1_000)] {
            let known = clients.entries.first { $0.value == client(number) && $0.series == 0 }?.count.total ?? 0
            #expect((real - error...real).contains(known), "\(known) of \(real)")
        }
    }

    @Test("of a million clients a ledger hands over a few hundred by name, and it loses no request")
    func ledger() throws {
        let ledger = Ledger(loops: 2, recordsClients: true)
        let table = Recording.series
        for loop in 0..<2 { ledger[loop].use(table) }
        for number in 0..<1_000_000 {
            ledger[number % 2].count {
                $0.count(
                    client(number), series: number % 3, .allowed, passed: true, nil, latency: nil, dimensions: .none)
            }
            // As if a second had passed.
            if number % 100_000 == 0 { ledger.collect() }
        }
        ledger.collect()
        var batch = ledger.takePending()
        #expect(batch.requests == 1_000_000)
        #expect(batch.clients.count <= 4_096)
        batch.keepHeavy(BatchJSON.maximumHeavy)
        #expect(batch.clients.count <= 2 * BatchJSON.maximumHeavy)
        let named = batch.clients.values.reduce(0) { $0 + $1.total }
        #expect(named + batch.others.values.reduce(0) { $0 + $1.total } == 1_000_000)
    }

    @Test("a million addresses, paths and user agents take the memory of some thousand, and the busiest stay known")
    func values() throws {
        let ledger = Ledger(loops: 2, recordsClients: true)
        for loop in 0..<2 { ledger[loop].use(Recording.series) }
        for number in 0..<1_000_000 {
            let isBusy = number % 10 == 0
            let text = Array((isBusy ? "/busy" : "/\(number)").utf8)[...]
            ledger[number % 2].count {
                $0.count(
                    client(0), series: number % 3, .allowed, passed: true, nil, latency: nil,
                    dimensions: RequestDimensions(
                        address: .v4(isBusy ? 1 : UInt32(number) << 8), path: text, userAgent: text))
            }
            if number % 100_000 == 0 { ledger.collect() }
        }
        ledger.collect()
        var batch = ledger.takePending()
        for values in batch.values { #expect((1...4_096).contains(values.count)) }
        batch.keepHeavy(BatchJSON.maximumHeavy)
        let expected: [DimensionValue] = [
            .address(.v4(1)), .network(.v4(0)), .path(Array("/busy".utf8)), .userAgent(Array("/busy".utf8)),
        ]
        for (values, value) in zip(batch.values, expected) {
            #expect(values.count <= 2 * BatchJSON.maximumHeavy)
            let known = values.filter { $0.key.value == value }.values.reduce(0) { $0 + $1.total }
            // Too low by at most the requests divided by half the capacity, in each loop and second.
            #expect((95_000...100_000).contains(known), "\(known)")
        }
    }
}

@Suite("Latency")
struct LatencyTests {
    @Test(
        "a decision falls into the first bucket whose bound it does not pass",
        arguments: [
            (0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (8, 3), (9, 4), (1_048_576, 20), (1_048_577, 21),
            (60_000_000, 21),
        ])
    func buckets(latency: Int64, bucket: Int) {
        #expect(LatencyHistogram.bucket(of: latency) == bucket)
        if bucket < 21 { #expect(latency <= LatencyHistogram.bounds[bucket]) }
        if bucket > 0 { #expect(latency > LatencyHistogram.bounds[bucket - 1]) }
    }
}
