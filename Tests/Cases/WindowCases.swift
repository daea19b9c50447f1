import Limiters

private let s: Microseconds = 1_000_000
private let day: Microseconds = 86_400 * s

extension Case {
    /// What a sliding window answers.
    public static func windows() throws -> [Case] {
        func window(_ limit: Int64, per window: Microseconds) throws -> Quota {
            try Quota(limit: limit, window: window, algorithm: .slidingWindow)
        }
        // 86,400 s / 1,024.
        let grain: Microseconds = 84_375_000
        return [
            try Case(
                "a unit is free again exactly a window after it was admitted", window(2, per: 10 * s),
                [
                    (0, 1, .allowed, 1, 10 * s),
                    (4 * s, 1, .allowed, 0, 10 * s),
                    (4 * s, 1, .refused(retryAfter: 6 * s), 0, 10 * s),
                    (10 * s - 1, 1, .refused(retryAfter: 1), 0, 4 * s + 1),
                    (10 * s, 1, .allowed, 0, 10 * s),
                    (10 * s, 1, .refused(retryAfter: 4 * s), 0, 10 * s),
                    (14 * s, 1, .allowed, 0, 10 * s),
                ]),
            try Case(
                "the eleventh of ten a minute, 20 s after the ten, waits 40 s", window(10, per: 60 * s),
                [
                    (0, 10, .allowed, 0, 60 * s),
                    (20 * s, 1, .refused(retryAfter: 40 * s), 0, 40 * s),
                ]),
            try Case(
                "a cost above one waits until so many units are free", window(5, per: 10 * s),
                [
                    (0, 1, .allowed, 4, 10 * s),
                    (1 * s, 2, .allowed, 2, 10 * s),
                    (2 * s, 1, .allowed, 1, 10 * s),
                    // Its three units are free when those of 0 s and of 1 s are.
                    (3 * s, 3, .refused(retryAfter: 8 * s), 1, 9 * s),
                    (3 * s, 2, .refused(retryAfter: 7 * s), 1, 9 * s),
                    (3 * s, 5, .refused(retryAfter: 9 * s), 1, 9 * s),
                    (11 * s, 3, .allowed, 1, 10 * s),
                ]),
            try Case(
                "a cost above the limit is impossible, even of an empty window", window(10, per: 10 * s),
                [
                    (0, 11, .impossible, 10, 0),
                    (0, 4, .allowed, 6, 10 * s),
                    (1 * s, 1_000_000_000, .impossible, 6, 9 * s),
                ]),
            try Case(
                "a peek takes nothing and is allowed even of a full window", window(2, per: 2 * s),
                [
                    (0, 0, .allowed, 2, 0),
                    (0, 2, .allowed, 0, 2 * s),
                    (s, 0, .allowed, 0, s),
                    (2 * s, 0, .allowed, 2, 0),
                ]),
            try Case(
                "a window of one unit lets one through and then the next", window(1, per: 1_000),
                [
                    (0, 1, .allowed, 0, 1_000),
                    (999, 1, .refused(retryAfter: 1), 0, 1),
                    (1_000, 1, .allowed, 0, 1_000),
                ]),
            try Case(
                "a window of 1,024 is exact", window(1_024, per: day),
                [
                    (5, 1_023, .allowed, 1, day),
                    (6, 1, .allowed, 0, day),
                    (day + 4, 1, .refused(retryAfter: 1), 0, 2),
                    (day + 5, 1_023, .allowed, 0, day),
                    (day + 5, 1, .refused(retryAfter: 1), 0, day),
                ]),
            try Case(
                "above 1,024 units are free at the end of their grain, never earlier", window(1_025, per: day),
                [
                    (5, 1_000, .allowed, 25, day + grain - 1 - 5),
                    (grain - 1, 24, .allowed, 1, day),
                    (grain, 1, .allowed, 0, day + grain - 1),
                    (grain, 1, .refused(retryAfter: day - 1), 0, day + grain - 1),
                    (day + grain - 2, 1, .refused(retryAfter: 1), 0, grain + 1),
                    (day + grain - 1, 1_024, .allowed, 0, day),
                    // The grain's last microsecond is when the others left and when these came.
                    (day + grain - 1, 1, .refused(retryAfter: grain), 0, day),
                ]),
            try Case(
                "a window whose clock steps back stands still until it has caught up", window(2, per: 10 * s),
                [
                    (20 * s, 1, .allowed, 1, 10 * s),
                    // It counts as admitted at 20 s.
                    (15 * s, 1, .allowed, 0, 15 * s),
                    (15 * s, 1, .refused(retryAfter: 15 * s), 0, 15 * s),
                    (30 * s - 1, 1, .refused(retryAfter: 1), 0, 1),
                    (30 * s, 2, .allowed, 0, 10 * s),
                ]),
            try Case(
                "a large window whose clock steps back within a grain goes on", window(2_000, per: day),
                [
                    (100, 1, .allowed, 1_999, day + grain - 1 - 100),
                    (50, 1, .allowed, 1_998, day + grain - 1 - 50),
                    // A grain back and more: it stands still at the newest grain.
                    (-50, 1, .allowed, 1_997, day + grain - 1 + 50),
                    (grain, 1, .allowed, 1_996, day + grain - 1),
                ]),
            try Case(
                "a window from more than a window ahead counts as new: nobody waits for a clock to come back",
                window(2, per: 10 * s),
                [
                    (day, 2, .allowed, 0, 10 * s),
                    // A window and a microsecond back it still stands still.
                    (day - 10 * s - 1, 1, .refused(retryAfter: 20 * s + 1), 0, 20 * s + 1),
                    (day - 10 * s - 2, 1, .allowed, 1, 10 * s),
                    (day - 10 * s - 2, 1, .allowed, 0, 10 * s),
                    (day - 10 * s - 2, 1, .refused(retryAfter: 10 * s), 0, 10 * s),
                    (day - 2, 1, .allowed, 1, 10 * s),
                ]),
        ]
    }
}
