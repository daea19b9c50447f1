import Glibc

extension SeededGenerator {
    /// The seeds of a random test: new ones in each run, or the single one in the environment variable `SEED`.
    ///
    /// Swift Testing prints the arguments of a test that fails, and so its seed. `SEED=… swift test --filter …` replays it.
    public static func seeds(_ count: Int) -> [UInt64] {
        if let seed = getenv("SEED").flatMap({ UInt64(String(cString: $0)) }) { return [seed] }
        return (0..<count).map { _ in UInt64.random(in: 0...UInt64.max) }
    }
}
