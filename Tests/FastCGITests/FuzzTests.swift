import Cases
import Testing

@testable import FastCGI

@Suite("Random damage to valid requests, replayed with SEED=…")
struct FuzzTests {
    private static let valid: [[UInt8]] = [
        Records.request(["ECHO": "a", "REMOTE_ADDR": "192.0.2.1"]),
        Records.request(["ECHO": "a", "SIZE": "10000"], .close, body: [1, 2, 3]),
        Records.request(["ECHO": String(repeating: "x", count: 300)], parameterSize: 100, padding: 7),
        Records.head(role: 2, ["ECHO": "a", "HTTP_X_API_KEY": "key"]),
        Records.request(role: 2, ["ECHO": "a", "HEADER": "b"]),
        Records.request(body: [UInt8](repeating: 65, count: 500)),
        Records.request(["ECHO": "a"]) + Records.request(["ECHO": "b"]),
    ]

    private static let bodies: [[UInt8]] = [
        body([]), body([1, 2, 3]), body(EchoServer.filling(500), size: 50, padding: 9),
        body(EchoServer.filling(70_000), size: 65_535, padding: 255), body([7]) + Records.request(["ECHO": "b"]),
    ]

    private static func body(_ content: [UInt8], size: Int = 32_768, padding: UInt8 = 0) -> [UInt8] {
        var records = Records()
        records.stream(.input, content, size: size, padding: padding)
        return records.bytes
    }

    /// Bytes at which lengths, types and versions change their meaning.
    private static let telling: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 9, 11, 127, 128, 129, 254, 255]

    private func damaged(_ choices: [[UInt8]], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = choices.randomElement(using: &generator) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            let end = Int.random(in: index...min(bytes.count, index + 24), using: &generator)
            switch Int.random(in: 0..<7, using: &generator) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[index] = Self.telling.randomElement(using: &generator) ?? 0
            case 2: bytes.removeSubrange(index..<end)
            case 3: bytes.insert(contentsOf: bytes[index..<end], at: index)
            case 4: bytes.removeSubrange(index...)
            case 5: bytes.insert(Self.telling.randomElement(using: &generator) ?? 0, at: index)
            default: bytes += choices.randomElement(using: &generator) ?? []
            }
        }
        return bytes
    }

    private func scan(_ bytes: some Sequence<UInt8>) -> RecordScan {
        Array(bytes).withUnsafeBytes { RecordScan($0) }
    }

    @Test("damage of every kind is told apart", arguments: SeededGenerator.seeds(4))
    func kinds(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var results: [String: Int] = [:]
        for _ in 0..<10_000 {
            switch scan(damaged(Self.valid, &generator)) {
            case .incomplete: results["incomplete", default: 0] += 1
            case .malformed(let fault): results[fault.rawValue, default: 0] += 1
            case .request(_, .unfinished): results["unfinished", default: 0] += 1
            case .request(_, let body): results["\(body)", default: 0] += 1
            }
        }
        for outcome in ["incomplete", "ended", "unfinished", "followed", "absent"] {
            #expect(results[outcome, default: 0] > 20, "\(results)")
        }
        for fault in [RecordScan.Fault.version, .sequence, .role, .parameters] {
            #expect(results[fault.rawValue, default: 0] > 20, "\(results)")
        }
    }

    @Test("more bytes never change a verdict that is final", arguments: SeededGenerator.seeds(4))
    func growing(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let bytes = damaged(Self.valid, &generator)
            var last = scan([])
            for count in 0...bytes.count {
                let next = scan(bytes[..<count])
                switch (last, next) {
                case (.incomplete, _): break
                case (.malformed(let fault), .malformed(let same)): #expect(fault == same)
                case (.request(let role, _), .request(let same, _)): #expect(role == same)
                // The body may turn out to be none.
                case (.request, .malformed(.sequence)), (.request, .malformed(.version)): break
                default: Issue.record("\(last) became \(next) with byte \(count) of \(bytes)")
                }
                last = next
            }
        }
    }

    @Test("random bytes are never a request unless they say so, and stop nothing", arguments: SeededGenerator.seeds(4))
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...400, using: &generator)
            // The version is right, so that the rest is looked at.
            let bytes = (0..<count).map { $0 % 8 == 0 ? 1 : UInt8.random(in: 0...255, using: &generator) }
            if count < RecordHeader.size { #expect(scan(bytes) == .incomplete) } else { _ = scan(bytes) }
            var drain = BodyDrain()
            _ = bytes.withUnsafeBytes { drain.skip($0) }
        }
    }

    @Test("a damaged body is skipped alike whole and in pieces", arguments: SeededGenerator.seeds(4))
    func pieces(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let bytes = damaged(Self.bodies, &generator)
            var whole = BodyDrain()
            let expected = bytes.withUnsafeBytes { whole.skip($0) }
            var drain = BodyDrain()
            var progress = BodyDrain.Progress.unfinished
            var start = 0
            while start < bytes.count, progress == .unfinished {
                let end = min(bytes.count, start + Int.random(in: 1...40_000, using: &generator))
                progress = bytes[start..<end].withUnsafeBytes { drain.skip($0) }
                if case .ended(let count) = progress { progress = .ended(count: start + count) }
                start = end
            }
            #expect(progress == expected)
        }
    }

    @Test("no damage stops the server", arguments: SeededGenerator.seeds(4), [nil, 2])
    func serve(seed: UInt64, workers: Int?) throws {
        var generator = SeededGenerator(seed: seed)
        let server = try EchoServer(workers: workers)
        let good = try Peer(server.socket)
        for number in 0..<2_000 {
            let peer = try Peer(server.socket)
            if number % 3 == 0 {
                // The damage is in a body that follows the answer, or that a worker waits for.
                let head = Records.head(["REQUEST_METHOD": "POST", "ECHO": "early"])
                if workers == nil { _ = try peer.ask(head) } else { try peer.send(head) }
                try? peer.send(damaged(Self.bodies, &generator))
            } else {
                try? peer.send(damaged(Self.valid, &generator))
            }
            // Some peers wait for what comes.
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
