import Glibc

/// A thread that was started.
public struct RunningThread: Sendable {
    private let thread: pthread_t

    fileprivate init(_ thread: pthread_t) {
        self.thread = thread
    }

    /// Waits for its end (`pthread_join`); once at the most.
    public func join() {
        pthread_join(thread, nil)
    }
}

/// Runs `body` on a thread of its own.
///
/// - Returns: the thread, to be joined or left alone (`pthread_create`).
@discardableResult
public func startThread(_ body: @escaping @Sendable () -> Void) -> RunningThread {
    final class Body: Sendable {
        let call: @Sendable () -> Void
        init(_ call: @escaping @Sendable () -> Void) { self.call = call }
    }
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Body(body)).toOpaque()
    let code = pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<Body>.fromOpaque(context).takeRetainedValue().call()
            return nil
        }, context)
    precondition(code == 0, "pthread_create failed with \(code)")
    return RunningThread(thread)
}
