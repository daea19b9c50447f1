import Servers

/// What goes wrong, and how it is put right; it owns the servers of the store.
protocol Fault: AnyObject {
    /// The store, as after `--store`.
    var store: String { get }
    /// The end of a cable that the limiters run at.
    var end: Cable.End? { get }
    /// From when on the store may know nothing of what it decided before, once that is so: it is empty, or a replica has
    /// taken over that lagged behind.
    var lossMoment: Microseconds? { get }
    /// Whether the fault is over when it has struck, and only its consequences are to be got over.
    var isMomentary: Bool { get }

    /// Makes it go wrong.
    func strike(_ site: Site) throws
    /// Puts it right; returns when the store could answer again.
    func mend(_ site: Site) throws
}

extension Fault {
    var end: Cable.End? { nil }
    var lossMoment: Microseconds? { nil }
    var isMomentary: Bool { false }
    func mend(_ site: Site) throws {}
}
