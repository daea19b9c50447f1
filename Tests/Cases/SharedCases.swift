import Limiters

// Hours, so that a store that also expires keys by a real clock expires none while a test runs.
private let h: Microseconds = 3_600_000_000

extension Case {
    /// Every case.
    public static func all() throws -> [Case] {
        try buckets() + windows() + shared()
    }

    /// The answers to requests with several policies.
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
                [try bucket("burst", 2, per: 2 * h), try window("long", 3, per: 3_600 * h)],
                [
                    (0, 1, .allowed, [(.allowed, 1, h), (.allowed, 2, 3_600 * h)]),
                    (0, 1, .allowed, [(.allowed, 0, 2 * h), (.allowed, 1, 3_600 * h)]),
                    // The long one allows, and keeps its unit; its answer is what a peek finds.
                    (0, 1, .refused(retryAfter: h), [(.refused(retryAfter: h), 0, 2 * h), (.allowed, 1, 3_600 * h)]),
                    (h, 0, .allowed, [(.allowed, 1, h), (.allowed, 1, 3_599 * h)]),
                    (h, 1, .allowed, [(.allowed, 0, 2 * h), (.allowed, 0, 3_600 * h)]),
                ]),
            Case(
                "the verdict waits for the policy that refuses longest",
                [try window("short", 1, per: h), try window("long", 1, per: 60 * h)],
                [
                    (0, 1, .allowed, [(.allowed, 0, h), (.allowed, 0, 60 * h)]),
                    (
                        0, 1, .refused(retryAfter: 60 * h),
                        [(.refused(retryAfter: h), 0, h), (.refused(retryAfter: 60 * h), 0, 60 * h)]
                    ),
                ]),
            Case(
                "a cost that one policy can never admit is impossible, whatever the others say",
                [try window("small", 2, per: h), try bucket("large", 9, per: 9 * h)],
                [
                    (0, 3, .impossible, [(.impossible, 2, 0), (.allowed, 9, 0)]),
                    (0, 0, .allowed, [(.allowed, 2, 0), (.allowed, 9, 0)]),
                    (0, 2, .allowed, [(.allowed, 0, h), (.allowed, 7, 2 * h)]),
                    (
                        0, 8, .impossible,
                        [(.impossible, 0, h), (.refused(retryAfter: h), 7, 2 * h)]
                    ),
                ]),
            Case(
                "a shadow policy is counted and refuses nothing",
                [try window("trial", 1, per: 10 * h, .shadow), try bucket("real", 3, per: 3 * h)],
                [
                    (0, 1, .allowed, [(.allowed, 0, 10 * h), (.allowed, 2, h)]),
                    (0, 1, .allowed, [(.refused(retryAfter: 10 * h), 0, 10 * h), (.allowed, 1, 2 * h)]),
                    (0, 2, .refused(retryAfter: h), [(.impossible, 0, 10 * h), (.refused(retryAfter: h), 1, 2 * h)]),
                    (0, 1, .allowed, [(.refused(retryAfter: 10 * h), 0, 10 * h), (.allowed, 0, 3 * h)]),
                    (10 * h, 1, .allowed, [(.allowed, 0, 10 * h), (.allowed, 2, h)]),
                ]),
            Case(
                "a shadow policy does not count what an enforced one refuses",
                [try bucket("trial", 5, per: 5 * h, .shadow), try window("real", 1, per: 10 * h)],
                [
                    (0, 1, .allowed, [(.allowed, 4, h), (.allowed, 0, 10 * h)]),
                    (
                        0, 1, .refused(retryAfter: 10 * h),
                        [(.allowed, 4, h), (.refused(retryAfter: 10 * h), 0, 10 * h)]
                    ),
                    (0, 0, .allowed, [(.allowed, 4, h), (.allowed, 0, 10 * h)]),
                ]),
            Case(
                "shadow policies alone refuse nothing",
                [try window("one", 1, per: h, .shadow), try bucket("two", 1, per: h, .shadow)],
                [
                    (0, 1, .allowed, [(.allowed, 0, h), (.allowed, 0, h)]),
                    (0, 1, .allowed, [(.refused(retryAfter: h), 0, h), (.refused(retryAfter: h), 0, h)]),
                    (0, 2, .allowed, [(.impossible, 0, h), (.impossible, 0, h)]),
                    (h, 1, .allowed, [(.allowed, 0, h), (.allowed, 0, h)]),
                ]),
            Case(
                "a request without a policy is allowed", [],
                [(0, 1, .allowed, [])]),
        ]
    }
}
