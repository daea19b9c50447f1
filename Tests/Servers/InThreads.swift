import Foundation
import Synchronization

/// Calls `body` in so many threads at the same time, with the number of each.
///
/// A task group would run no more of them at once than the machine has processors.
///
/// - Returns: what the calls return, in the order of their numbers.
/// - Throws: the first error of a call, when all have ended.
public func inThreads<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
) throws -> [Value] {
    let results = Mutex<[Int: Result<Value, any Error>]>([:])
    let running = DispatchGroup()
    for number in 0..<count {
        running.enter()
        Thread.detachNewThread {
            let result = Result { try body(number) }
            results.withLock { $0[number] = result }
            running.leave()
        }
    }
    running.wait()
    return try results.withLock { $0 }.sorted { $0.key < $1.key }.map { try $0.value.get() }
}
