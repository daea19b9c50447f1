public import Limiters
import Logging
import Platform
import Synchronization

/// The overrides in force, as all event loops of a process see them.
///
/// A thread reads them several times per second. While the store does not answer, the last known ones apply until they end.
public final class OverrideWatch: Sendable {
    /// The pause between two readings: a change takes effect on all limiters within a second.
    private static let interval: Microseconds = 400_000

    private let open: @Sendable () -> any Store
    private let logger: Logger
    private let overrides = Mutex<[Override]>([])
    private let generation = Atomic<Int>(0)
    /// How far the store's clock is ahead of this machine's steady clock.
    private let lead = Atomic<Microseconds>(wallMicroseconds() - steadyMicroseconds())

    /// A watch that has not read anything yet.
    ///
    /// - Parameters:
    ///   - logger: gets a line for each change.
    ///   - open: opens the store for one owner.
    init(logger: Logger, open: @escaping @Sendable () -> any Store) {
        self.logger = logger
        self.open = open
    }

    /// Reads the overrides once, for a process of one request.
    public func readOnce() {
        var known: Int64 = 0
        read(open(), &known)
    }

    /// Reads the overrides, and starts the thread that keeps reading them.
    ///
    /// Waits for the first reading, at most a second, so that no request comes before it.
    public func start() {
        let hasRead = WakeUp()
        startThread { [self] in
            let store = open()
            let pause = WakeUp()
            var known: Int64 = 0
            while true {
                read(store, &known)
                hasRead.signal()
                pause.wait(Self.interval)
            }
        }
        hasRead.wait(1_000_000)
    }

    /// The store's clock.
    public var now: Microseconds { steadyMicroseconds() + lead.load(ordering: .relaxed) }

    /// The overrides, if they have changed since the caller saw `seen`; `nil` if they have not.
    public func changed(since seen: inout Int) -> [Override]? {
        let latest = generation.load(ordering: .acquiring)
        guard seen != latest else { return nil }
        seen = latest
        return overrides.withLock { $0 }
    }

    /// The number of overrides in force, by kind.
    public var counts: [Override.Effect.Kind: Int] {
        let now = now
        return overrides.withLock { overrides in
            overrides.reduce(into: [:]) { if $1.until > now { $0[$1.effect.kind, default: 0] += 1 } }
        }
    }

    private func read(_ store: any Store, _ known: inout Int64) {
        let asked = steadyMicroseconds()
        // A store that does not answer is reported by those who charge it.
        guard let text = try? store.sharedText(.overrides, known: known) else { return }
        lead.store(text.now - (asked + steadyMicroseconds()) / 2, ordering: .relaxed)
        guard text.bytes != nil else { return }
        known = text.version
        let read = OverrideList(text).overrides
        let isChanged = overrides.withLock { overrides in
            defer { overrides = read }
            return overrides != read
        }
        guard isChanged else { return }
        generation.add(1, ordering: .releasing)
        logger.notice("\(read.count) \(read.count == 1 ? "override is" : "overrides are") in force")
    }
}
