import Foundation
import Servers

/// How long a scenario is watched, and under how much load.
public struct Course: Sendable {
    /// How long one part of it is.
    public enum Stretch: Sendable {
        /// So many seconds.
        case seconds(Double)
        /// Until so many requests more have been answered.
        case requests(Int)
    }

    let load: Load.Amount
    /// As after `--store-deadline`.
    let deadline: Int
    let before: Stretch
    let during: Stretch
    let after: Stretch

    /// The course of a scenario.
    ///
    /// - Parameters:
    ///   - clients: connections that ask at once.
    ///   - rate: requests a second of all together.
    ///   - deadline: milliseconds that the store may take to answer.
    ///   - before: what it is compared with.
    ///   - during: how long it stays wrong, or is watched once it has gone wrong for a moment.
    ///   - after: how long it is watched once all is well again.
    public init(clients: Int, rate: Int, deadline: Int, before: Stretch, during: Stretch, after: Stretch) {
        load = Load.Amount(clients: clients, rate: rate)
        self.deadline = deadline
        self.before = before
        self.during = during
        self.after = after
    }

    /// Milliseconds that a fault lasts which cannot be ended early.
    var pause: Int {
        switch during {
        case .seconds(let seconds): Int(seconds * 1_000)
        case .requests(let count): count * 1_000 / load.rate
        }
    }
}

extension Course.Stretch {
    /// Waits until it is over.
    func wait(on load: Load) throws {
        switch self {
        case .seconds(let seconds): Thread.sleep(forTimeInterval: seconds)
        case .requests(let count):
            let goal = load.total + count
            guard waitUntil({ load.total >= goal }) else { throw ScenarioError("requests are not answered at all") }
        }
    }
}
