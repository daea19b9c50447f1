import Foundation

/// Polls a condition until it is true, with this many milliseconds between two attempts.
///
/// - Returns: `false` if the condition did not become true within 30 seconds.
public func waitUntil(every pause: UInt32 = 1, _ isTrue: () throws -> Bool) rethrows -> Bool {
    let end = Date(timeIntervalSinceNow: 30)
    while try !isTrue() {
        guard Date() < end else { return false }
        usleep(pause * 1_000)
    }
    return true
}
