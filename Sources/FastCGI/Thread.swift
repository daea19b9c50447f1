public import Glibc

/// Runs `body` on a thread of its own.
///
/// - Returns: the thread, to be joined or left alone (`pthread_create`).
@discardableResult
public func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
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
