import Servers

/// What goes wrong, and how it is put right; it owns the servers of the store.
protocol Fault: AnyObject {
    /// The store, as after `--store`.
    var store: String { get }
    /// The end of a cable that the limiters run at.
    var end: Cable.End? { get }
    /// Whether the store may lose what it knew: it is empty afterwards, or a replica takes over that lags behind.
    var forgets: Bool { get }
    /// Whether the fault is over when it has struck, and only its consequences are to be got over.
    var isMomentary: Bool { get }

    /// Makes it go wrong.
    func strike(_ site: Site) throws
    /// Puts it right; returns when the store could answer again.
    func mend(_ site: Site) throws
}

extension Fault {
    var end: Cable.End? { nil }
    var forgets: Bool { false }
    var isMomentary: Bool { false }
    func mend(_ site: Site) throws {}
}
