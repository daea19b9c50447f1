import Glibc

/// Signals that a program waits for instead of being interrupted by them.
public struct SignalSet {
    private let numbers: [Int32]
    private var signals = sigset_t()

    /// The signals with these numbers.
    public init(_ numbers: Int32...) {
        self.numbers = numbers
        sigemptyset(&signals)
        for number in numbers { sigaddset(&signals, number) }
    }

    /// Blocks the signals in this thread and in all threads that it starts.
    ///
    /// The handlers are never called. They tell other processes, in `/proc/PID/status`, that this process expects the
    /// signals: the blocked signals are not shown there while `sigwait` waits for them.
    public func block() {
        for number in numbers { signal(number) { _ in } }
        withUnsafePointer(to: signals) { _ = pthread_sigmask(SIG_BLOCK, $0, nil) }
    }

    /// Waits for one of the signals (`sigwait`) and returns its number.
    public func wait() -> Int32 {
        var number: Int32 = 0
        withUnsafePointer(to: signals) { _ = sigwait($0, &number) }
        return number
    }
}
