import CLinux
import Glibc

/// Waits for many descriptors at once: the owner of an epoll instance.
struct Poller: ~Copyable {
    /// What a descriptor is registered as; it comes back with each event.
    enum Purpose: UInt32 {
        case listener
        case wakeUp
        case connection
        /// Answered; what still comes of its request is thrown away.
        case leaving
        /// Threads of their own have answers.
        case answers
    }

    /// What happened to a descriptor.
    struct Event {
        let descriptor: Int32
        let purpose: Purpose
        /// Its peer sends no more.
        let isLast: Bool
    }

    private let descriptor: Int32
    private var events = [epoll_event](repeating: epoll_event(), count: 256)

    init() {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(descriptor >= 0, "epoll_create1 failed with errno \(errno)")
    }

    deinit {
        close(descriptor)
    }

    /// Registers a descriptor (`epoll_ctl`).
    ///
    /// Connections are edge-triggered: one that holds half a request stays silent until more comes. A listener wakes one
    /// of the loops and processes that wait for it.
    func watch(_ watched: Int32, for purpose: Purpose) {
        control(EPOLL_CTL_ADD, watched, purpose)
    }

    /// Registers a descriptor anew, for the same or another purpose; what is ready is handed over again (`epoll_ctl`).
    func rewatch(_ watched: Int32, for purpose: Purpose) {
        control(EPOLL_CTL_MOD, watched, purpose)
    }

    private func control(_ operation: Int32, _ watched: Int32, _ purpose: Purpose) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        switch purpose {
        case .listener: event.events |= EPOLLEXCLUSIVE.rawValue
        case .wakeUp, .answers: break
        case .connection, .leaving: event.events |= EPOLLET.rawValue | EPOLLRDHUP.rawValue
        }
        event.data.u64 = UInt64(purpose.rawValue) << 32 | UInt64(UInt32(bitPattern: watched))
        epoll_ctl(descriptor, operation, watched, &event)
    }

    /// Forgets a descriptor that stays open.
    func forget(_ watched: Int32) {
        epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil)
    }

    /// Waits up to `milliseconds`, without end where that is `nil`, and hands over each event (`epoll_wait`).
    mutating func wait(milliseconds: Int32?, _ body: (Event) -> Void) {
        let count = epoll_wait(descriptor, &events, Int32(events.count), milliseconds ?? -1)
        for index in 0..<Int(max(0, count)) {
            let data = events[index].data.u64
            guard let purpose = Purpose(rawValue: UInt32(data >> 32)) else { continue }
            body(
                Event(
                    descriptor: Int32(bitPattern: UInt32(truncatingIfNeeded: data)), purpose: purpose,
                    isLast: events[index].events & EPOLLRDHUP.rawValue != 0))
        }
    }
}
