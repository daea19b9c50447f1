import Limiters

private let s: Microseconds = 1_000_000
private let day: Microseconds = 86_400 * s

extension Case {
    /// What a token bucket answers.
    public static func buckets() throws -> [Case] {
        func bucket(_ limit: Int64, per window: Microseconds) throws -> Quota {
            try Quota(limit: limit, window: window, algorithm: .tokenBucket)
        }
        return [
            try Case(
                "a bucket starts full and refills one unit each interval", bucket(30, per: 60 * s),
                [
                    (0, 1, .allowed, 29, 2 * s),
                    (0, 1, .allowed, 28, 4 * s),
                    (3 * s, 0, .allowed, 29, 1 * s),
                    // Full since 4 s: it does not fill over.
                    (10 * s, 1, .allowed, 29, 2 * s),
                ]),
            try Case(
                "an empty bucket refuses until the next unit, and not a microsecond longer", bucket(3, per: 3 * s),
                [
                    (0, 3, .allowed, 0, 3 * s),
                    (0, 1, .refused(retryAfter: s), 0, 3 * s),
                    (s - 1, 1, .refused(retryAfter: 1), 0, 2 * s + 1),
                    (s, 1, .allowed, 0, 3 * s),
                    (s, 1, .refused(retryAfter: s), 0, 3 * s),
                ]),
            try Case(
                "an interval that does not divide evenly is rounded up", bucket(7, per: s),
                [
                    // 1,000,000 / 7 = 142,857.14…
                    (0, 7, .allowed, 0, 7 * 142_858),
                    (142_857, 1, .refused(retryAfter: 1), 0, 6 * 142_858 + 1),
                    (142_858, 1, .allowed, 0, 7 * 142_858),
                ]),
            try Case(
                "a cost above one takes so many units at once", bucket(10, per: 10 * s),
                [
                    (0, 7, .allowed, 3, 7 * s),
                    (0, 5, .refused(retryAfter: 2 * s), 3, 7 * s),
                    // What is refused takes nothing: a smaller request still fits.
                    (0, 3, .allowed, 0, 10 * s),
                    (4 * s, 5, .refused(retryAfter: 1 * s), 4, 6 * s),
                    (5 * s, 5, .allowed, 0, 10 * s),
                ]),
            try Case(
                "a cost above the limit is impossible, even of a full bucket", bucket(10, per: 10 * s),
                [
                    (0, 11, .impossible, 10, 0),
                    (0, 4, .allowed, 6, 4 * s),
                    (0, 1_000_000_000, .impossible, 6, 4 * s),
                    (0, 10, .refused(retryAfter: 4 * s), 6, 4 * s),
                ]),
            try Case(
                "a peek takes nothing and is allowed even of an empty bucket", bucket(2, per: 2 * s),
                [
                    (0, 0, .allowed, 2, 0),
                    (0, 2, .allowed, 0, 2 * s),
                    (0, 0, .allowed, 0, 2 * s),
                    (s + 1, 0, .allowed, 1, s - 1),
                ]),
            try Case(
                "a bucket of one unit a day keeps its one interval", bucket(1, per: day),
                [
                    (0, 1, .allowed, 0, day),
                    (day - 1, 1, .refused(retryAfter: 1), 0, 1),
                    (day, 1, .allowed, 0, day),
                ]),
            try Case(
                "the largest bucket is exact", bucket(1_000_000_000, per: 366 * day),
                [
                    // 31,622,400,000,000 / 1,000,000,000 = 31,622.4, so 31,623 each.
                    (0, 1_000_000_000, .allowed, 0, 31_623_000_000_000),
                    (31_622, 1, .refused(retryAfter: 1), 0, 31_622_999_968_378),
                    (31_623, 1, .allowed, 0, 31_623_000_000_000),
                ]),
            try Case(
                "a bucket whose clock steps back stands still until it has caught up", bucket(3, per: 3 * s),
                [
                    (10 * s, 3, .allowed, 0, 3 * s),
                    (9 * s, 1, .refused(retryAfter: 2 * s), 0, 4 * s),
                    (9 * s, 0, .allowed, 0, 4 * s),
                    (11 * s - 1, 1, .refused(retryAfter: 1), 0, 2 * s + 1),
                    (11 * s, 1, .allowed, 0, 3 * s),
                ]),
            try Case(
                "a bucket that is not empty keeps what the step back leaves of it", bucket(10, per: 10 * s),
                [
                    (10 * s, 2, .allowed, 8, 2 * s),
                    (5 * s, 0, .allowed, 3, 7 * s),
                    (5 * s, 3, .allowed, 0, 10 * s),
                    (5 * s, 1, .refused(retryAfter: s), 0, 10 * s),
                ]),
            try Case(
                "a bucket from more than a window ahead counts as new: nobody waits for a clock to come back",
                bucket(3, per: 3 * s),
                [
                    (day, 3, .allowed, 0, 3 * s),
                    // One window back, to the microsecond, it still stands still.
                    (day - 3 * s, 1, .refused(retryAfter: 4 * s), 0, 6 * s),
                    (day - 3 * s - 1, 1, .allowed, 2, s),
                    (day - 3 * s - 1, 2, .allowed, 0, 3 * s),
                    (day - 3 * s - 1, 1, .refused(retryAfter: s), 0, 3 * s),
                ]),
        ]
    }
}
