import CLinux
import Glibc

/// Waits for many descriptors at once: the owner of an epoll instance.
struct Poller: ~Copyable {
    /// What a descriptor is registered as.
    enum Source: Equatable {
        case listener
        /// The descriptor that tells the loop to stop.
        case wakeUp
        /// The bell of a ``WorkerPool``.
        case answers
        case connection(Connection.Key)
    }

    /// What to wait for on a connection.
    enum Interest {
        /// Bytes from the peer.
        case reading
        /// Room for bytes to the peer.
        case writing
    }

    /// What happened to a descriptor.
    struct Event {
        let source: Source
        /// Whether its peer sends nothing more.
        let isLast: Bool
    }

    private let descriptor: Int32
    private var ready = [epoll_event](repeating: epoll_event(), count: 256)

    init() {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(descriptor >= 0, "epoll_create1 failed with errno \(errno)")
    }

    deinit {
        close(descriptor)
    }

    /// Registers a descriptor other than a connection's (`epoll_ctl`).
    ///
    /// A listener wakes one of the loops and processes that wait for it.
    func watch(_ watched: Int32, as source: Source) {
        let exclusive = source == .listener ? EPOLLEXCLUSIVE.rawValue : 0
        control(EPOLL_CTL_ADD, watched, source, EPOLLIN.rawValue | exclusive)
    }

    /// Registers a connection (`epoll_ctl`).
    ///
    /// It is edge-triggered: one that holds half a request stays silent until more arrives.
    func watch(_ connection: Connection.Key) {
        control(EPOLL_CTL_ADD, connection, .reading)
    }

    /// Changes what to wait for on a connection; if it is there already, there is an event at once (`epoll_ctl`).
    func rewatch(_ connection: Connection.Key, for interest: Interest) {
        control(EPOLL_CTL_MOD, connection, interest)
    }

    /// Forgets a descriptor that stays open.
    func forget(_ watched: Int32) {
        epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil)
    }

    /// Waits up to so many milliseconds, without end if `nil`, and puts what happened into `events` (`epoll_wait`).
    mutating func wait(_ milliseconds: Int32?, into events: inout [Event]) {
        events.removeAll(keepingCapacity: true)
        let count = epoll_wait(descriptor, &ready, Int32(ready.count), milliseconds ?? -1)
        for event in ready.prefix(max(0, Int(count))) {
            events.append(
                Event(source: Source(event.data.u64), isLast: event.events & EPOLLRDHUP.rawValue != 0))
        }
    }

    private func control(_ operation: Int32, _ connection: Connection.Key, _ interest: Interest) {
        let events =
            switch interest {
            case .reading: EPOLLIN.rawValue | EPOLLRDHUP.rawValue
            case .writing: EPOLLOUT.rawValue
            }
        control(operation, connection.descriptor, .connection(connection), events | EPOLLET.rawValue)
    }

    private func control(_ operation: Int32, _ watched: Int32, _ source: Source, _ events: UInt32) {
        var event = epoll_event()
        event.events = events
        event.data.u64 = source.bits
        epoll_ctl(descriptor, operation, watched, &event)
    }
}

extension Poller.Source {
    /// The form in which epoll carries it: a generation and a descriptor, or 0 and a small number.
    fileprivate var bits: UInt64 {
        switch self {
        case .listener: 0
        case .wakeUp: 1
        case .answers: 2
        case .connection(let key): UInt64(key.generation) << 32 | UInt64(UInt32(bitPattern: key.descriptor))
        }
    }

    fileprivate init(_ bits: UInt64) {
        switch bits {
        case 0: self = .listener
        case 1: self = .wakeUp
        case 2: self = .answers
        default:
            let descriptor = Int32(bitPattern: UInt32(truncatingIfNeeded: bits))
            self = .connection(Connection.Key(descriptor: descriptor, generation: UInt32(bits >> 32)))
        }
    }
}
