import Testing

@testable import FastCGI

@Suite("Random damage to valid requests")
struct FuzzTests {
    /// A generator of the same numbers in each run (SplitMix64).
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let valid: [[UInt8]] = [
        Records.request(["ECHO": "a", "REMOTE_ADDR": "192.0.2.1"]),
        Records.request(["ECHO": "a", "SIZE": "10000"], .close, body: [1, 2, 3]),
        Records.request(["ECHO": String(repeating: "x", count: 300)], parameterSize: 100, padding: 7),
        Records.head(role: 2, ["ECHO": "a", "HTTP_X_API_KEY": "key"]),
        Records.request(role: 2, ["ECHO": "a", "HEADER": "b"]),
        Records.request(body: [UInt8](repeating: 65, count: 500)),
        Records.request(["ECHO": "a"]) + Records.request(["ECHO": "b"]),
    ]

    /// Bytes that lengths, types and versions do not survive.
    private static let telling: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 9, 11, 127, 128, 129, 254, 255]

    private func damaged(_ generator: inout Seeded) -> [UInt8] {
        var bytes = Self.valid.randomElement(using: &generator) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            let end = Int.random(in: place...min(bytes.count, place + 24), using: &generator)
            switch Int.random(in: 0..<7, using: &generator) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[place] = Self.telling.randomElement(using: &generator) ?? 0
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 4: bytes.removeSubrange(place...)
            case 5: bytes.insert(Self.telling.randomElement(using: &generator) ?? 0, at: place)
            default: bytes += Self.valid.randomElement(using: &generator) ?? []
            }
        }
        return bytes
    }

    @Test("no damage to a request stops the scan", arguments: 1...4)
    func scan(seed: UInt64) {
        var generator = Seeded(state: seed)
        var results: [String: Int] = [:]
        for _ in 0..<10_000 {
            let bytes = damaged(&generator)
            let result = bytes.withUnsafeBytes { RecordScan($0) }
            switch result {
            case .incomplete: results["incomplete", default: 0] += 1
            case .malformed(let fault): results[fault.rawValue, default: 0] += 1
            case .request(_, .unfinished): results["unfinished", default: 0] += 1
            case .request(_, let body): results["\(body)", default: 0] += 1
            }
        }
        // The damage is of all kinds: neither all garbage nor all harmless.
        for outcome in ["incomplete", "ended", "unfinished", "followed", "absent"] {
            #expect(results[outcome, default: 0] > 20, "\(results)")
        }
        for fault in [RecordScan.Fault.version, .sequence, .role, .parameters] {
            #expect(results[fault.rawValue, default: 0] > 20, "\(results)")
        }
    }

    @Test("no damage to a request stops the server", arguments: 11...14)
    func serve(seed: UInt64) throws {
        var generator = Seeded(state: seed)
        let server = try EchoServer(loops: 1)
        let good = try Peer(server.socket)
        for number in 0..<6_000 {
            let peer = try Peer(server.socket)
            try? peer.send(damaged(&generator))
            // Some peers go, some wait for what comes.
            if number % 20 == 0 {
                peer.finishSending()
                _ = peer.end()
            }
            if number % 50 == 0 {
                #expect(try good.ask(Records.request(["ECHO": "\(number)"])).text == "\(number)")
            }
        }
        #expect(server.waitForConnections(1))
        #expect(try good.ask(Records.request(["ECHO": "at the end"])).text == "at the end")
        #expect(try server.answersOthers())
    }
}
