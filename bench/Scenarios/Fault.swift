import Servers

/// A fault and its repair.
///
/// The fault owns the store's servers.
protocol Fault: AnyObject {
    /// The store's address for `--store`.
    var store: String { get }
    /// The end of a cable at which the limiters run; `nil` for this machine's own network.
    var end: Cable.End? { get }
    /// The time after which the store may have lost earlier decisions, because it restarted empty or a lagging replica took
    /// over; `nil` while it knows all of them.
    var lossMoment: Microseconds? { get }
    /// Whether the fault is over at once and only its consequences last.
    var isMomentary: Bool { get }

    /// Causes the fault.
    func strike(_ site: Site) throws
    /// Repairs the fault. Returns when the store can answer again.
    func mend(_ site: Site) throws
}

extension Fault {
    var end: Cable.End? { nil }
    var lossMoment: Microseconds? { nil }
    var isMomentary: Bool { false }
    func mend(_ site: Site) throws {}
}
