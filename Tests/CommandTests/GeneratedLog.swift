import Cases

/// A random access log, always the same for the same seed, and the counts that an oracle expects.
///
/// All requests are on one day, so that no calendar is needed: times are seconds since midnight of 2026-10-12, UTC.
struct GeneratedLog {
    /// Rules with both algorithms and a shadow policy, in which a request has up to three policies and two clients.
    static let rules = """
        matching: all
        policies:
          minute: { limit: 6 per minute, algorithm: sliding_window }
          hour: { limit: 60 per hour, algorithm: sliding_window }
          bucket: { limit: 8 per minute, algorithm: token_bucket }
          trial: { limit: 40 per hour, algorithm: token_bucket, mode: shadow }
        rules:
          - { match: { path: /a }, count: address, policies: [minute, hour] }
          - { match: { path: /b }, count: address, cost: 3, policies: [bucket] }
          - { match: { path: [/a, /b] }, count: user or address, policies: [trial] }

        """

    let bytes: [UInt8]
    let oracle: ReplayOracle

    init(lines: Int, clients: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines * 90)
        var oracle = ReplayOracle()
        let zones: [(seconds: Int, text: String)] = [(0, "+0000"), (7_200, "+0200"), (-9_000, "-0230")]
        for line in 0..<lines {
            // Four and a half hours from 03:00, all requests in the first third of a minute, some logged a little late.
            let even = line * 16_000 / lines
            let time = 10_800 + even / 60 * 60 + even % 60 / 3 - Int.random(in: 0...5, using: &random) / 2
            // A few clients send most of the requests.
            let one = Int.random(in: 1...clients, using: &random)
            let client = "203.0.113.\(min(one, Int.random(in: 1...clients, using: &random)))"
            let user = ["alice b", "bob", nil, nil].randomElement(using: &random) ?? nil
            let path = ["/a", "/a", "/b", "/c"].randomElement(using: &random) ?? "/c"
            let zone = Int.random(in: 0..<zones.count, using: &random)
            let moment = "12/Oct/2026:\(ReplayOracle.clock(time + zones[zone].seconds)) \(zones[zone].text)"
            bytes += "\(client) - \(user ?? "-") [\(moment)] \"GET \(path) HTTP/1.1\" 200 1\n".utf8
            oracle.add(path: path, address: client, user: user, time: time)
        }
        self.bytes = bytes
        self.oracle = oracle
    }
}
