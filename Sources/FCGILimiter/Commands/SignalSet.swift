import Glibc

/// Signals that are waited for instead of interrupting.
struct SignalSet {
    private var signals = sigset_t()

    init(_ numbers: Int32...) {
        sigemptyset(&signals)
        for number in numbers { sigaddset(&signals, number) }
    }

    /// Holds the signals back from this thread and all that it starts.
    func block() {
        withUnsafePointer(to: signals) { _ = pthread_sigmask(SIG_BLOCK, $0, nil) }
    }

    /// Waits for one of them (`sigwait`).
    func wait() -> Int32 {
        var number: Int32 = 0
        withUnsafePointer(to: signals) { _ = sigwait($0, &number) }
        return number
    }
}
