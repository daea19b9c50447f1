import CLinux
import Glibc

/// What one thread waits for and any thread gives: the owner of an eventfd.
///
/// Given while nobody waits, it ends the next wait at once.
public final class WakeUp: Sendable {
    private let descriptor = eventfd(0, Int32(EFD_CLOEXEC))

    /// One that has not been given.
    public init() {}

    deinit {
        close(descriptor)
    }

    /// Ends the wait.
    public func signal() {
        eventfd_write(descriptor, 1)
    }

    /// Waits until it is given, or for so many microseconds; `nil` has no end.
    public func wait(_ time: Int64?) {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let milliseconds = time.map { Int32(clamping: (max(0, $0) + 999) / 1_000) } ?? -1
        guard poll(&event, 1, milliseconds) > 0 else { return }
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }
}
