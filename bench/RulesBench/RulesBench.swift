import Rules

/// Measures the time that rules take per request, and how it grows with 10,000 of them.
///
///     RulesBench                  the rules of the three sample endpoints, and 10 paths against 10,000
///     RulesBench limits.yaml      these rules, too
@main
struct RulesBench {
    static func main() throws {
        let samples = Rulebook.samples
        report("sample rules, API key", samples, [.sample(headers: 20)])
        report("sample rules, address", samples, [.sample(headers: 20, key: nil)])
        report("sample rules, 4 variables", samples, [.sample(headers: 0)])
        report("sample rules, unusual path", samples, [.sample(headers: 20, target: "/x/../api//%64ata?x=1")])
        for path in CommandLine.arguments.dropFirst() {
            let (rulebook, _) = try Rulebook.load(path: path)
            report(path, rulebook, [.sample(headers: 20)])
        }

        let few = try PathRules(count: 10)
        let many = try PathRules(count: 10_000)
        // Alternating, so that other load on the machine affects both alike; the best run of each is the least disturbed.
        var best = (few: Double.infinity, many: Double.infinity)
        for _ in 0..<100 {
            best.few = min(best.few, nanoseconds(few.rulebook, few.requests))
            best.many = min(best.many, nanoseconds(many.rulebook, many.requests))
        }
        print("10 paths, in turn: \(Int(best.few)) ns per request, loaded in \(few.loading)")
        print("10,000 paths, in turn: \(Int(best.many)) ns per request, loaded in \(many.loading)")
        print("10,000 paths take \((best.many / best.few * 100).rounded() / 100) times the time of 10")
    }

    private static func report(_ name: String, _ rulebook: Rulebook, _ requests: [SentRequest]) {
        let best = (0..<50).map { _ in nanoseconds(rulebook, requests) }.min() ?? 0
        print("\(name): \(Int(best)) ns per request")
    }

    private static func nanoseconds(_ rulebook: Rulebook, _ requests: [SentRequest]) -> Double {
        let rounds = 20_000
        var limited = 0
        var next = 0
        let clock = ContinuousClock()
        let time = clock.measure {
            for _ in 0..<rounds {
                if case .limited = rulebook.match(for: requests[next]) { limited += 1 }
                next = next + 1 == requests.count ? 0 : next + 1
            }
        }
        precondition(limited == rounds, "a request matched no rule")
        return time / .nanoseconds(1) / Double(rounds)
    }
}
