import CLinux
import Glibc

/// A signal that one thread waits for and any thread can raise: the owner of an eventfd.
///
/// A signal raised while no thread waits ends the next wait at once.
public final class WakeUp: Sendable {
    /// The eventfd, which is readable while the signal is raised.
    public let descriptor = eventfd(0, Int32(EFD_CLOEXEC))

    /// A signal that is not raised.
    public init() {}

    deinit {
        close(descriptor)
    }

    /// Raises the signal.
    public func signal() {
        eventfd_write(descriptor, 1)
    }

    /// Waits until the signal is raised, at most so many microseconds; `nil` for no limit.
    public func wait(_ time: Int64?) {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let milliseconds = time.map { Int32(clamping: (max(0, $0) + 999) / 1_000) } ?? -1
        guard poll(&event, 1, milliseconds) > 0 else { return }
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }
}
