import Glibc

/// A thread that was started (`pthread_create`).
public struct RunningThread: Sendable {
    private let thread: pthread_t

    fileprivate init(_ thread: pthread_t) {
        self.thread = thread
    }

    /// Waits until the thread ends (`pthread_join`); must be called exactly once.
    public func join() {
        pthread_join(thread, nil)
    }
}

/// Runs `body` on a new thread, which nobody waits for.
public func startThread(_ body: @escaping @Sendable () -> Void) {
    // Unless it is joined or detached (`pthread_detach`), a thread that has ended keeps its stack.
    pthread_detach(newThread(body))
}

/// Runs `body` on a new thread.
///
/// - Returns: the thread, which must be joined.
public func startJoinedThread(_ body: @escaping @Sendable () -> Void) -> RunningThread {
    RunningThread(newThread(body))
}

private func newThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
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
    return thread
}
