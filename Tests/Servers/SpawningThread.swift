import Foundation
import Synchronization

/// The one thread that starts programs, and never ends.
///
/// The kernel ties a child's "end when the parent ends" to the parent's *thread*, and the threads that tests run on come
/// and go.
final class SpawningThread: Sendable {
    static let shared = SpawningThread()

    private let jobs = Mutex<[@Sendable () -> Void]>([])
    private let waiting = DispatchSemaphore(value: 0)

    private init() {
        Thread.detachNewThread { [self] in
            while true {
                waiting.wait()
                let job = jobs.withLock { $0.removeFirst() }
                job()
            }
        }
    }

    /// What `body` returns on that thread.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let result = Mutex<Result<Value, any Error>?>(nil)
        let done = DispatchSemaphore(value: 0)
        jobs.withLock {
            $0.append {
                let value = Result { try body() }
                result.withLock { $0 = value }
                done.signal()
            }
        }
        waiting.signal()
        done.wait()
        guard let value = result.withLock({ $0 }) else { throw ServerError("the spawning thread gave no answer") }
        return try value.get()
    }
}
