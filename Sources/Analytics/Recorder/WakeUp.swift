import Glibc
import Limiters

/// What a thread waits on until another has something for it: the owner of a pipe.
final class WakeUp: Sendable {
    private let reader: Int32
    private let writer: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (reader, writer) = (ends[0], ends[1])
    }

    deinit {
        close(reader)
        close(writer)
    }

    /// Ends the wait, or the next one.
    func ring() {
        var byte: UInt8 = 1
        // A full pipe has been rung.
        _ = write(writer, &byte, 1)
    }

    /// Waits until it is rung, or for so long.
    func wait(_ time: Microseconds) {
        var descriptor = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        poll(&descriptor, 1, Int32(clamping: max(0, (time + 999) / 1_000)))
        var bytes = InlineArray<64, UInt8>(repeating: 0)
        _ = read(reader, &bytes, 64)
    }
}
