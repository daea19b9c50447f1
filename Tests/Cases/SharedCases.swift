import Limiters

private let s: Microseconds = 1_000_000

extension Case {
    /// Every case.
    public static func all() throws -> [Case] {
        try buckets() + windows() + shared()
    }

    /// What requests are answered that meet several policies.
    public static func shared() throws -> [Case] {
        func policy(
            _ name: String, _ limit: Int64, per window: Microseconds, _ algorithm: Algorithm, _ mode: Policy.Mode
        ) throws -> Policy {
            try Policy(name: name, quota: Quota(limit: limit, window: window, algorithm: algorithm), mode: mode)
        }
        func window(
            _ name: String, _ limit: Int64, per window: Microseconds, _ mode: Policy.Mode = .enforced
        ) throws -> Policy {
            try policy(name, limit, per: window, .slidingWindow, mode)
        }
        func bucket(
            _ name: String, _ limit: Int64, per window: Microseconds, _ mode: Policy.Mode = .enforced
        ) throws -> Policy {
            try policy(name, limit, per: window, .tokenBucket, mode)
        }
        return [
            Case(
                "what one policy refuses, no policy counts",
                [try bucket("burst", 2, per: 2 * s), try window("hour", 3, per: 3_600 * s)],
                [
                    (0, 1, .allowed, [(.allowed, 1, s), (.allowed, 2, 3_600 * s)]),
                    (0, 1, .allowed, [(.allowed, 0, 2 * s), (.allowed, 1, 3_600 * s)]),
                    // The hour allows, and keeps its unit; what is left is told as it is.
                    (0, 1, .refused(retryAfter: s), [(.refused(retryAfter: s), 0, 2 * s), (.allowed, 1, 3_600 * s)]),
                    (s, 0, .allowed, [(.allowed, 1, s), (.allowed, 1, 3_599 * s)]),
                    (s, 1, .allowed, [(.allowed, 0, 2 * s), (.allowed, 0, 3_600 * s)]),
                ]),
            Case(
                "the verdict waits for the policy that refuses longest",
                [try window("second", 1, per: s), try window("minute", 1, per: 60 * s)],
                [
                    (0, 1, .allowed, [(.allowed, 0, s), (.allowed, 0, 60 * s)]),
                    (
                        0, 1, .refused(retryAfter: 60 * s),
                        [(.refused(retryAfter: s), 0, s), (.refused(retryAfter: 60 * s), 0, 60 * s)]
                    ),
                ]),
            Case(
                "a cost that one policy can never admit is impossible, whatever the others say",
                [try window("small", 2, per: s), try bucket("large", 9, per: 9 * s)],
                [
                    (0, 3, .impossible, [(.impossible, 2, 0), (.allowed, 9, 0)]),
                    (0, 0, .allowed, [(.allowed, 2, 0), (.allowed, 9, 0)]),
                    (0, 2, .allowed, [(.allowed, 0, s), (.allowed, 7, 2 * s)]),
                    (
                        0, 8, .impossible,
                        [(.impossible, 0, s), (.refused(retryAfter: s), 7, 2 * s)]
                    ),
                ]),
            Case(
                "a shadow policy is counted and refuses nothing",
                [try window("trial", 1, per: 10 * s, .shadow), try bucket("real", 3, per: 3 * s)],
                [
                    (0, 1, .allowed, [(.allowed, 0, 10 * s), (.allowed, 2, s)]),
                    (0, 1, .allowed, [(.refused(retryAfter: 10 * s), 0, 10 * s), (.allowed, 1, 2 * s)]),
                    (0, 2, .refused(retryAfter: s), [(.impossible, 0, 10 * s), (.refused(retryAfter: s), 1, 2 * s)]),
                    (0, 1, .allowed, [(.refused(retryAfter: 10 * s), 0, 10 * s), (.allowed, 0, 3 * s)]),
                    (10 * s, 1, .allowed, [(.allowed, 0, 10 * s), (.allowed, 2, s)]),
                ]),
            Case(
                "a shadow policy does not count what an enforced one refuses",
                [try bucket("trial", 5, per: 5 * s, .shadow), try window("real", 1, per: 10 * s)],
                [
                    (0, 1, .allowed, [(.allowed, 4, s), (.allowed, 0, 10 * s)]),
                    (
                        0, 1, .refused(retryAfter: 10 * s),
                        [(.allowed, 4, s), (.refused(retryAfter: 10 * s), 0, 10 * s)]
                    ),
                    (0, 0, .allowed, [(.allowed, 4, s), (.allowed, 0, 10 * s)]),
                ]),
            Case(
                "shadow policies alone refuse nothing",
                [try window("one", 1, per: s, .shadow), try bucket("two", 1, per: s, .shadow)],
                [
                    (0, 1, .allowed, [(.allowed, 0, s), (.allowed, 0, s)]),
                    (0, 1, .allowed, [(.refused(retryAfter: s), 0, s), (.refused(retryAfter: s), 0, s)]),
                    (0, 2, .allowed, [(.impossible, 0, s), (.impossible, 0, s)]),
                    (s, 1, .allowed, [(.allowed, 0, s), (.allowed, 0, s)]),
                ]),
            Case(
                "a request without a policy is allowed", [],
                [(0, 1, .allowed, [])]),
        ]
    }
}
