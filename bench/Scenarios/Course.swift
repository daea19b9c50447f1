import Foundation
public import Servers

/// The durations of a scenario and its load.
public struct Course: Sendable {
    /// The length of one part.
    public enum Stretch: Sendable {
        /// A number of seconds.
        case seconds(Double)
        /// Until this many more requests have been answered.
        case requests(Int)
    }

    let load: Load.Amount
    /// Milliseconds for `--store-deadline`.
    let deadline: Int
    let before: Stretch
    let during: Stretch
    let after: Stretch
    let certificates: Certificates?

    /// Creates the course of a scenario.
    ///
    /// - Parameters:
    ///   - clients: concurrent connections.
    ///   - rate: requests per second of all connections together.
    ///   - deadline: milliseconds that the store may take to answer.
    ///   - before: the time before the fault.
    ///   - during: the time from the fault to the repair.
    ///   - after: the time after the repair.
    ///   - certificates: where Redis servers get certificates; `nil` for servers without TLS.
    public init(
        clients: Int, rate: Int, deadline: Int, before: Stretch, during: Stretch, after: Stretch,
        certificates: Certificates? = nil
    ) {
        self.certificates = certificates
        load = Load.Amount(clients: clients, rate: rate)
        self.deadline = deadline
        self.before = before
        self.during = during
        self.after = after
    }

    /// Milliseconds of a fault that cannot be ended early.
    var pause: Int {
        switch during {
        case .seconds(let seconds): Int(seconds * 1_000)
        case .requests(let count): count * 1_000 / load.rate
        }
    }
}

extension Course.Stretch {
    /// Waits until this part is over.
    func wait(on load: Load) throws {
        switch self {
        case .seconds(let seconds): Thread.sleep(forTimeInterval: seconds)
        case .requests(let count):
            let goal = load.total + count
            guard waitUntil({ load.total >= goal }) else { throw ScenarioError("no request is answered") }
        }
    }
}
