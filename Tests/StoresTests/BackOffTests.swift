import Testing

@testable import Stores

@Suite("Pauses between attempts to connect")
struct BackOffTests {
    @Test(
        "grow with each failure, and start over after a while without failures",
        arguments: [
            // Milliseconds between the failures, and the pause after the last of them.
            ([], 0), ([10], 50), ([10, 60], 100), ([10, 60, 110], 200), (Array(repeating: 500, count: 20), 500),
            ([10, 60, 2_499], 200), ([10, 60, 2_500], 0), ([2_500, 10], 50),
        ] as [([Int64], Int64)])
    func pauses(gaps: [Int64], expected: Int64) {
        var backOff = BackOff()
        var now: Int64 = 1_000_000_000
        var pause = backOff.pause(afterFailureAt: now)
        for gap in gaps {
            now += gap * 1_000
            pause = backOff.pause(afterFailureAt: now)
        }
        #expect(pause == expected * 1_000)
    }
}
