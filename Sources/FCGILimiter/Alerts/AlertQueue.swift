import Limiters
import Platform
import Synchronization

/// Messages that wait to be sent, in order.
final class AlertQueue: Sendable {
    private let limit: Int
    private let alerts = Mutex<[Alert]>([])
    private let arrival = WakeUp()

    init(limit: Int) {
        self.limit = limit
    }

    /// Appends a message.
    ///
    /// - Returns: whether there was room for it.
    func append(_ alert: Alert) -> Bool {
        let fits = alerts.withLock { alerts in
            guard alerts.count < limit else { return false }
            alerts.append(alert)
            return true
        }
        arrival.signal()
        return fits
    }

    /// The message that waits longest.
    var first: Alert? { alerts.withLock(\.first) }

    func removeFirst() { alerts.withLock { _ = $0.removeFirst() } }

    /// Waits for another message, at most so many microseconds; `nil` for no limit.
    func wait(_ time: Microseconds?) { arrival.wait(time) }
}
