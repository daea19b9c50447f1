import Glibc

/// Signals that are waited for instead of interrupting.
public struct SignalSet {
    private let numbers: [Int32]
    private var signals = sigset_t()

    /// These signals, by their numbers.
    public init(_ numbers: Int32...) {
        self.numbers = numbers
        sigemptyset(&signals)
        for number in numbers { sigaddset(&signals, number) }
    }

    /// Holds the signals back from this thread and all that it starts.
    ///
    /// The handlers are never called. By them others see in `/proc` that this process expects the signals: what it holds
    /// back cannot be seen there while it waits.
    public func block() {
        for number in numbers { signal(number) { _ in } }
        withUnsafePointer(to: signals) { _ = pthread_sigmask(SIG_BLOCK, $0, nil) }
    }

    /// Waits for one of them (`sigwait`).
    public func wait() -> Int32 {
        var number: Int32 = 0
        withUnsafePointer(to: signals) { _ = sigwait($0, &number) }
        return number
    }
}
