import Limiters
import Testing

@Suite("Quotas and policies")
struct QuotaTests {
    @Test(
        "a valid quota can be built",
        arguments: [
            (1, 1_000, .slidingWindow),
            (1, 31_622_400_000_000, .slidingWindow),
            (1_000_000_000, 1_000, .slidingWindow),
            // One unit per microsecond, the most possible.
            (1_000, 1_000, .tokenBucket),
            (1_000_000_000, 1_000_000_000, .tokenBucket),
        ] as [(Int64, Microseconds, Algorithm)])
    func quotas(_ limit: Int64, _ window: Microseconds, _ algorithm: Algorithm) throws {
        let quota = try Quota(limit: limit, window: window, algorithm: algorithm)
        #expect(quota.limit == limit)
        #expect(quota.window == window)
        #expect(quota.algorithm == algorithm)
    }

    @Test(
        "an invalid quota gives an error with a remedy",
        arguments: [
            (0, 1_000_000, .slidingWindow, "limit 0 is out of range: use 1 to 1000000000"),
            (-1, 1_000_000, .tokenBucket, "limit -1 is out of range: use 1 to 1000000000"),
            (1_000_000_001, 1_000_000, .slidingWindow, "limit 1000000001 is out of range: use 1 to 1000000000"),
            (.max, 1_000_000, .tokenBucket, "limit 9223372036854775807 is out of range: use 1 to 1000000000"),
            (1, 0, .slidingWindow, "window of 0 microseconds is out of range: use 1 millisecond to 366 days"),
            (1, 999, .slidingWindow, "window of 999 microseconds is out of range: use 1 millisecond to 366 days"),
            (
                1, 31_622_400_000_001, .tokenBucket,
                "window of 31622400000001 microseconds is out of range: use 1 millisecond to 366 days"
            ),
            (
                1, .min, .slidingWindow,
                "window of -9223372036854775808 microseconds is out of range: use 1 millisecond to 366 days"
            ),
            (
                1_001, 1_000, .tokenBucket,
                "a token bucket cannot refill 1001 units in 1000 microseconds: use at most one unit per microsecond"
            ),
        ] as [(Int64, Microseconds, Algorithm, String)])
    func mistakes(_ limit: Int64, _ window: Microseconds, _ algorithm: Algorithm, _ message: String) {
        let error = #expect(throws: QuotaError.self) {
            try Quota(limit: limit, window: window, algorithm: algorithm)
        }
        #expect(error?.description == message)
    }

    @Test("algorithms are named as in headers and configuration files")
    func algorithms() {
        #expect(Algorithm.allCases.map(\.rawValue) == ["token_bucket", "sliding_window", "at_once"])
    }

    @Test(
        "a policy has a name that needs no quotes anywhere",
        arguments: ["a", "A-1_b.c", String(repeating: "x", count: 64)])
    func names(_ name: String) throws {
        #expect(try policy(name).name == name)
    }

    @Test(
        "a name that would need quotes somewhere gives an error with a remedy",
        arguments: [
            "", "two words", "a/b", "a}:b", "ä", "a\n", "a\0", String(repeating: "x", count: 65),
        ])
    func wrongNames(_ name: String) {
        let error = #expect(throws: PolicyNameError.self) { try policy(name) }
        #expect(
            error?.description
                == "policy name \"\(name)\" is not valid: use 1 to 64 letters, digits, '_', '-' and '.'")
    }

    @Test("a policy is enforced unless it is declared a shadow")
    func modes() throws {
        #expect(try policy("a").mode == .enforced)
    }

    private func policy(_ name: String) throws -> Policy {
        try Policy(name: name, quota: Quota(limit: 1, window: 1_000_000, algorithm: .slidingWindow))
    }
}
