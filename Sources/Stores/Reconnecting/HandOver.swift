import Synchronization

/// Values on their way from the thread that made them to the one owner that uses each of them.
final class HandOver<Value>: Sendable {
    private struct Box: @unchecked Sendable {
        // @unchecked: the thread that puts a value does not use it again, and one owner takes it.
        let value: Value
    }

    private let boxes = Mutex<[Box]>([])

    /// The number of waiting values.
    var count: Int { boxes.withLock(\.count) }

    /// Hands a value over.
    ///
    /// The caller must not use it any more.
    func put(_ value: Value) {
        let box = Box(value: value)
        boxes.withLock { $0.append(box) }
    }

    /// The value that has waited longest; `nil` if none waits.
    func take() -> Value? {
        boxes.withLock { $0.isEmpty ? nil : $0.removeFirst() }?.value
    }

    /// Drops all values that wait.
    func removeAll() {
        boxes.withLock { $0.removeAll() }
    }
}
